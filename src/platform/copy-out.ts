/**
 * `COPY … TO STDOUT` as pieces in one buffer that is used again and again: a portfolio streams by without memory for its rows.
 * It takes the connection's bytes before the driver does, and gives back what is not of the COPY.
 */
import type { Connection, Submittable } from 'pg';

/** First byte of the messages of the server that matter here. */
const MESSAGE = {
  copyData: 0x64,
  copyDone: 0x63,
  copyOutResponse: 0x48,
  notice: 0x4e,
  parameter: 0x53,
  notification: 0x41,
};
const PASSED_OVER = new Set([MESSAGE.copyOutResponse, MESSAGE.notice, MESSAGE.parameter, MESSAGE.notification]);
/** The kind, and the length of the rest with its own four bytes. */
const HEAD = 5;

type OnBytes = (chunk: Buffer) => void;

/** To be given to `client.query`, and then read to its end before anything else is asked of the client. */
export class CopyOut implements Submittable {
  private connection: Connection | undefined;
  /** The driver's own way to take bytes, while we stand in its place. */
  private driver: OnBytes | undefined;
  private bytes = Buffer.allocUnsafeSlow(128 * 1024);
  /** How much of `bytes` is filled. */
  private filled = 0;
  private readonly head = Buffer.alloc(HEAD);
  private headLength = 0;
  private kind = 0;
  /** Of the message at hand, what is still to come. */
  private left = 0;
  private ended = false;
  private error: Error | undefined;
  /** Nobody reads any more: what comes is thrown away, so that the connection can be used again. */
  private abandoned = false;
  private wake: (() => void) | undefined;

  constructor(private readonly sql: string) {}

  submit(connection: Connection): void {
    this.connection = connection;
    const { stream } = connection;
    const [driver] = stream.listeners('data') as OnBytes[];
    if (driver === undefined || stream.listenerCount('data') !== 1) throw new Error('the connection is read by others');
    this.driver = driver;
    stream.removeListener('data', driver);
    stream.on('data', this.onBytes);
    connection.query(this.sql);
  }

  /** Each piece is there until the next is asked for. Throws what the server says. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        while (this.filled === 0 && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
        if (this.error !== undefined) throw this.error;
        if (this.filled === 0) return;
        yield this.bytes.subarray(0, this.filled);
        this.filled = 0;
        if (!this.ended) this.connection?.stream.resume();
      }
    } finally {
      this.abandoned = true;
      this.filled = 0;
      if (!this.ended) this.connection?.stream.resume();
    }
  }

  private readonly onBytes = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (this.left === 0 && this.headLength < HEAD) {
        if (this.headLength === 0 && !this.isOurs(chunk[at])) {
          this.giveBack(chunk.subarray(at));
          return;
        }
        const copied = chunk.copy(this.head, this.headLength, at, at + HEAD - this.headLength);
        this.headLength += copied;
        at += copied;
        if (this.headLength < HEAD) break;
        this.kind = this.head[0] as number;
        this.left = this.head.readUInt32BE(1) - (HEAD - 1);
      }
      const length = Math.min(this.left, chunk.length - at);
      if (this.kind === MESSAGE.copyData && !this.abandoned) this.keep(chunk, at, length);
      at += length;
      this.left -= length;
      if (this.left > 0) break;
      this.headLength = 0;
      if (this.kind === MESSAGE.copyDone) {
        this.giveBack(chunk.subarray(at));
        return;
      }
    }
    if (this.filled > 0) {
      this.connection?.stream.pause();
      this.wake?.();
    }
  };

  private isOurs(kind: number | undefined): boolean {
    return kind === MESSAGE.copyData || kind === MESSAGE.copyDone || PASSED_OVER.has(kind as number);
  }

  private keep(chunk: Buffer, at: number, length: number): void {
    if (this.filled + length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.filled + length));
      this.bytes.copy(larger, 0, 0, this.filled);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.filled, at, at + length);
    this.filled += length;
  }

  /** The COPY is over: the driver reads on, from here. */
  private giveBack(rest: Buffer): void {
    const { connection, driver } = this;
    if (connection === undefined || driver === undefined) return;
    this.driver = undefined;
    connection.stream.removeListener('data', this.onBytes);
    connection.stream.on('data', driver);
    if (rest.length > 0) driver(rest);
  }

  private end(error?: Error): void {
    this.giveBack(Buffer.alloc(0));
    this.error ??= error;
    this.ended = true;
    this.wake?.();
  }

  /** Called by the driver, as are the following. */
  handleError(error: Error): void {
    this.end(error);
  }

  handleCommandComplete(): void {
    // What matters comes with the end.
  }

  handleReadyForQuery(): void {
    this.end();
  }
}
