/** Floor of everything that makes or checks a tree: SHA-256 over as many leaves and nodes, and nothing else. */
import { hash } from 'node:crypto';

/** Events per second, of one core: a leaf of `bytes` and a node for each. */
export const hashFloor = (events: number, bytes: number): number => {
  const leaf = Buffer.alloc(1 + bytes, 7);
  const node = Buffer.alloc(65, 1);
  const startedMs = performance.now();
  for (let i = 0; i < events; i++) {
    hash('sha256', leaf, 'binary');
    hash('sha256', node, 'binary');
  }
  return events / ((performance.now() - startedMs) / 1000);
};
