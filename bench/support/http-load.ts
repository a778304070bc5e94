/**
 * Load over plain sockets: each of a number of connections sends its next request as soon as it has the whole answer to the
 * last. It looks at nothing but status and length, so that it costs the machine little.
 */
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  /** Whole HTTP requests, taken in turn. */
  readonly requests: readonly Buffer[];
  readonly concurrency: number;
  readonly seconds: number;
}

/** A POST of JSON to `path`, ready to be written to a socket. */
export const postRequest = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Buffer => {
  const text = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`);
};

/** Answers per second. Throws on any answer that is not 200. */
export const requestsPerSecond = async (load: Load): Promise<number> => {
  let answered = 0;
  let next = 0;
  const started = performance.now();
  const untilMs = started + load.seconds * 1000;
  const take = (): Buffer | null => {
    if (performance.now() >= untilMs) return null;
    return load.requests[next++ % load.requests.length] ?? null;
  };
  await Promise.all(Array.from({ length: load.concurrency }, () => converse(load.port, take, () => (answered += 1))));
  return answered / ((performance.now() - started) / 1000);
};

const HEAD_END = Buffer.from('\r\n\r\n');

const converse = (port: number, take: () => Buffer | null, onAnswer: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let held: Buffer = Buffer.alloc(0);
    /** Bytes of the answer that are still to come; -1 before its head is there. */
    let missing = -1;
    const send = (): void => {
      const request = take();
      if (request === null) {
        socket.end();
        resolve();
        return;
      }
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (missing < 0) {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const end = held.indexOf(HEAD_END);
        if (end < 0) return;
        const head = held.toString('latin1', 0, end);
        const length = /content-length: (\d+)/i.exec(head)?.[1];
        if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
          socket.destroy();
          reject(new Error(`unexpected answer: ${held.toString('utf8').slice(0, 500)}`));
          return;
        }
        missing = Number(length) - (held.length - end - HEAD_END.length);
        held = Buffer.alloc(0);
      } else {
        missing -= chunk.length;
      }
      if (missing > 0) return;
      missing = -1;
      onAnswer();
      send();
    });
  });
