/**
 * Connections for reads alone. Each takes statements while it still answers earlier ones, so that small reads share their
 * trips to the server. A read whose connection broke is sent again, over another; so is one that was hit when another, which
 * nobody waits for any more, was ended.
 */
import { Client, Query, type ClientConfig, type Connection, type QueryArrayConfig } from 'pg';
import { cancelRunning } from './cancel';
import { gather } from './gather';
import type { Patience } from './patience';

/** A statement whose shape is known beforehand. */
export interface ReadStatement {
  /** Under this name the server keeps its plan; null for one that hardly comes again. */
  readonly name: string | null;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Values in the server's own text form, null for NULL. */
export type Row = (string | null)[];

export interface ReadConnections {
  /** Ended, when the patience is lost, as soon as its turn has come. */
  run(statement: ReadStatement, patience?: Patience | null): Promise<Row[]>;
  readonly counts: { readonly total: number; readonly idle: number };
  close(): Promise<void>;
}

interface Reader {
  readonly client: Client;
  /** Fails with what kept the connection from being opened. */
  readonly opened: Promise<unknown>;
  open: boolean;
  /** Statements that it has to answer, those included that wait for it to be opened. */
  load: number;
  /** What was sent and not answered yet, in the order in which it is answered. */
  readonly sent: Set<Sent>;
  /** Words on their way to end what it runs. */
  cancels: number;
  lost: boolean;
}

interface Sent {
  unwanted: boolean;
  /** It may have been under way when another was ended, and then was ended in its place. */
  exposed: boolean;
}

/** Connections are opened as they are needed, at most `max`. */
export const createReadConnections = (config: ClientConfig, max: number): ReadConnections => {
  const readers = new Set<Reader>();

  const open = (): Reader => {
    const client = new Client({ ...config, pipeline: true });
    const lose = (): void => {
      reader.lost = true;
      readers.delete(reader);
    };
    const opened = client.connect().then(
      () => {
        reader.open = true;
      },
      (error: unknown) => {
        lose();
        throw error;
      },
    );
    const reader: Reader = { client, opened, open: false, load: 0, sent: new Set(), cancels: 0, lost: false };
    readers.add(reader);
    client.on('error', lose).on('end', lose);
    return reader;
  };

  const leastLoaded = (): Reader => {
    let least: Reader | null = null;
    for (const reader of readers) if (least === null || reader.load < least.load) least = reader;
    return least !== null && (least.load === 0 || readers.size >= max) ? least : open();
  };

  /** Ends what nobody waits for, if it is what the server is at; what stands before it may be anybody's. */
  const endUnwanted = (reader: Reader): void => {
    const [first] = reader.sent;
    if (first?.unwanted !== true || reader.cancels > 0) return;
    for (const sent of reader.sent) sent.exposed = true;
    reader.cancels++;
    void cancelRunning(reader.client).then(() => {
      reader.cancels--;
      // It may have begun only after the word had come.
      setTimeout(endUnwanted, reader.sent.has(first) ? CANCEL_AGAIN_MS : 0, reader);
    });
  };

  const send = (reader: Reader, sent: Sent, statement: ReadStatement): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      sent.exposed = reader.cancels > 0;
      reader.sent.add(sent);
      reader.client.query(
        new PreparedRead(statement, (error, rows) => {
          reader.sent.delete(sent);
          endUnwanted(reader);
          if (error === null) resolve(rows);
          else reject(error);
        }),
      );
    });

  const attempt = async (statement: ReadStatement, patience: Patience | null, further: number): Promise<Row[]> => {
    patience?.demand('read');
    const reader = leastLoaded();
    const sent: Sent = { unwanted: false, exposed: false };
    const settle = patience?.onLoss('read', () => {
      sent.unwanted = true;
      endUnwanted(reader);
    });
    reader.load++;
    try {
      if (!reader.open) await reader.opened;
      patience?.demand('read');
      return await send(reader, sent, statement).catch((error: unknown) => {
        patience?.demand('read');
        const { code = '' } = error as { code?: string };
        const sendAgain = reader.lost || IS_LOST.test(code) || (sent.exposed && code === CANCELLED);
        if (further === 0 || !sendAgain) throw error;
        return attempt(statement, patience, further - 1);
      });
    } finally {
      settle?.();
      reader.load--;
    }
  };

  return {
    // At worst every connection that is open has to be found broken.
    run: (statement, patience = null) => attempt(statement, patience, max),
    get counts() {
      const all = [...readers];
      return { total: all.length, idle: all.filter(({ load }) => load === 0).length };
    },
    close: async () => {
      await Promise.all([...readers].map(({ client }) => client.end()));
    },
  };
};

/** The server ended the session, or the statement that was to be prepared just before this one failed. */
const IS_LOST = /^(57P0[123]|26000)$/;
const CANCELLED = '57014';
const CANCEL_AGAIN_MS = 100;

type Settle = (error: Error | null, rows: Row[]) => void;

/** Takes rows as they come. What columns there are is known beforehand, so the server is not asked to describe them. */
class PreparedRead extends (Query as unknown as new (config: QueryArrayConfig) => DriverQuery) {
  private readonly found: Row[] = [];

  constructor(
    { name, text, values }: ReadStatement,
    private readonly settle: Settle,
  ) {
    super({ ...(name === null ? {} : { name }), text, values: [...values], rowMode: 'array' });
  }

  override prepare(connection: Connection): void {
    // Everything of this round of the event loop.
    gather(connection.stream, setImmediate);
    super.prepare(undescribed(connection));
  }

  override handleDataRow({ fields }: { readonly fields: Row }): void {
    this.found.push(fields);
  }

  override handleCommandComplete(): void {
    // How many rows there were is known from the rows.
  }

  override handleReadyForQuery(): void {
    this.settle(null, this.found);
  }

  override handleError(error: Error): void {
    this.settle(error, []);
  }
}

/** What the driver calls on a query; its types leave it out. */
interface DriverQuery {
  submit(connection: Connection): void;
  prepare(connection: Connection): void;
  handleDataRow(message: { readonly fields: Row }): void;
  handleCommandComplete(): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

const known = new WeakMap<Connection, Connection>();

const undescribed = (connection: Connection): Connection => {
  const found =
    known.get(connection) ?? (Object.create(connection, { describe: { value: () => undefined } }) as Connection);
  known.set(connection, found);
  return found;
};
