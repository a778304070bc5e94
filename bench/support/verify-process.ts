/** Verifies an export in a process of its own, beside its floor, and tells how fast and in how much memory. */
import { entriesInThread, filesOf, nodeCrypto, readKey, verifyExport } from '../../cli/verify';
import { timed, type Round } from './figure';
import { hashFloor } from './hash-floor';

export interface VerifyOrder {
  readonly folder: string;
  readonly keys: readonly string[];
  /** Of an entry, on average. */
  readonly bytes: number;
  readonly floorEvents: number;
}

export interface Verified {
  /** Events per second, and the floor of the moments before and after. */
  readonly rounds: readonly Round[];
  readonly beforeMiB: number;
  readonly peakMiB: number;
}

const ROUNDS = 5;

const SAMPLED_READS = 64;

const residentMiB = (): number => process.memoryUsage.rss() / 2 ** 20;

const run = async ({ folder, keys, bytes, floorEvents }: VerifyOrder): Promise<Verified> => {
  const known = keys.flatMap((key) => readKey(nodeCrypto, key) ?? []);
  const rounds: Round[] = [];
  let before = hashFloor(floorEvents, bytes);
  const beforeMiB = residentMiB();
  const files = filesOf(folder);
  let reads = 0;
  let peakMiB = beforeMiB;
  // Between two files, as the system keeps the most for a process and for the one that started it alike.
  const sampled: typeof files = {
    ...files,
    read: (path, into) => {
      reads += 1;
      if (reads % SAMPLED_READS === 0) peakMiB = Math.max(peakMiB, residentMiB());
      return files.read(path, into);
    },
  };
  for (let round = 0; round < ROUNDS; round++) {
    const { seconds, value } = await timed(() => verifyExport(sampled, nodeCrypto, known, entriesInThread(folder)));
    if (value.verdict !== 'intact') throw new Error(`the export is ${value.verdict}: ${value.problem}`);
    const after = hashFloor(floorEvents, bytes);
    rounds.push({ value: value.entries / seconds, floor: (before + after) / 2 });
    before = after;
  }
  return { rounds, beforeMiB, peakMiB };
};

void run(JSON.parse(process.argv[2] ?? '') as VerifyOrder).then((verified) => process.send?.(verified));
