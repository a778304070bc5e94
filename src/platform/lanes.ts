/**
 * Statements that are a transaction each, in lanes: those of one lane would wait for one another at the server, so they follow
 * each other over one connection, sent before the earlier ones are answered. A lane takes a connection from the pool while it
 * has something to send, and one that all want takes no more than that one.
 */
import { DatabaseError, type Connection, type Pool, type PoolClient } from 'pg';
import { gather } from './gather';
import type { KeptStatement } from './kept-statements';
import { OutOfPatience, patienceHere } from './patience';

/** Executes one statement that is a transaction by itself. Once it is sent, it is waited for whoever leaves. */
export type Commit = <Row extends object>(lane: string, statement: KeptStatement) => Promise<Row[]>;

interface Lane {
  readonly client: Promise<PoolClient>;
  /** Statements that are not answered, and callers that wait for the connection. */
  waiting: number;
  /** Whether the connection is as good as it was. */
  sound: boolean;
}

export const createLanes = (pool: Pool): Commit => {
  const lanes = new Map<string, Lane>();
  const enter = (name: string): Lane => {
    const lane = lanes.get(name) ?? { client: pool.connect(), waiting: 0, sound: true };
    lanes.set(name, lane);
    lane.waiting += 1;
    return lane;
  };
  const leave = async (name: string, lane: Lane): Promise<void> => {
    lane.waiting -= 1;
    if (lane.waiting > 0 && lane.sound) return;
    if (lanes.get(name) === lane) lanes.delete(name);
    if (lane.waiting > 0) return;
    const client = await lane.client;
    Object.assign(client, { pipeline: false });
    client.release(!lane.sound);
  };
  return async (name, statement) => {
    const patience = patienceHere();
    patience?.demand('change');
    const lane = enter(name);
    let client: PoolClient;
    try {
      client = await lane.client;
    } catch (error) {
      // Nobody got it, so there is nothing to give back.
      if (lanes.get(name) === lane) lanes.delete(name);
      throw error;
    }
    try {
      patience?.beginCommit();
      Object.assign(client, { pipeline: true });
      gather((client as unknown as { readonly connection: Connection }).connection.stream, process.nextTick);
      const { rows } = await client.query(statement);
      return rows as never[];
    } catch (error) {
      // What the server refuses, and what was never sent, leaves the connection as good as it was.
      if (!(isRefusal(error) || error instanceof OutOfPatience)) lane.sound = false;
      throw error;
    } finally {
      await leave(name, lane);
    }
  };
};

/** Of a statement alone; with anything graver the session is over. */
const isRefusal = (error: unknown): boolean => error instanceof DatabaseError && error.severity === 'ERROR';
