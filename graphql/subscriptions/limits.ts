/** Bounds of connections that stay open, for one API process. */
export interface ConnectionLimits {
  /** A socket must have signed in by then. */
  readonly initTimeoutMs: number;
  /** Sockets of one network address that have not signed in yet. */
  readonly strangersPerAddress: number;
  readonly connectionsPerCaller: number;
  readonly subscriptionsPerCaller: number;
  /** Operations under way on one WebSocket, subscriptions among them. */
  readonly operationsPerConnection: number;
  /** Of these, how many are being worked on at a time; the others wait. */
  readonly parallelPerConnection: number;
  /** How often a quiet connection is asked for a sign of life, or given one. */
  readonly pingMs: number;
  /** A client that takes nothing for this long, though something waits for it, is gone. */
  readonly stallMs: number;
  /** Bytes that may wait for a client; above, nothing more is read from it and nothing begun for it. */
  readonly backlogBytes: number;
  /** How often connections are looked after. */
  readonly tendMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  initTimeoutMs: 5_000,
  strangersPerAddress: 100,
  connectionsPerCaller: 100,
  subscriptionsPerCaller: 500,
  operationsPerConnection: 100,
  parallelPerConnection: 4,
  pingMs: 20_000,
  stallMs: 15_000,
  backlogBytes: 1_048_576,
  tendMs: 1_000,
};
