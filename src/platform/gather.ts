/** Lets what is sent to the server at once leave together: a trip costs more than what it carries. */
import type { Duplex } from 'node:stream';

const gathering = new WeakSet<Duplex>();

/** Holds back what is written to the stream until `later` comes, and then sends all of it as one. */
export const gather = (stream: Duplex, later: (send: () => void) => void): void => {
  if (gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  later(() => {
    gathering.delete(stream);
    stream.uncork();
  });
};
