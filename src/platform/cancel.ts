/** PostgreSQL's way to end a statement that runs: a word over another connection, with a secret of the first. */
import { Connection, type Client, type PoolClient } from 'pg';

const PATIENCE_MS = 5_000;

/** What the driver knows of a connection; its types leave it out. */
interface Addressed {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation?: string;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

interface Canceller {
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Asks the server to end what the connection is running, if it is running anything. Resolves when the server has done so, or
 * cannot be reached; never fails. What is sent over the connection afterwards is not concerned.
 */
export const cancelRunning = (client: Client | PoolClient): Promise<void> => {
  const { host, port, ssl, sslNegotiation = 'postgres', processID, secretKey } = client as unknown as Addressed;
  if (processID === null || secretKey === null) return Promise.resolve();
  return new Promise((resolve) => {
    const connection = new Connection({ ssl, sslNegotiation } as ConstructorParameters<typeof Connection>[0]);
    const canceller = connection as unknown as Canceller;
    const { stream } = connection;
    const late = setTimeout(() => stream.destroy(), PATIENCE_MS);
    // The server hangs up when it has passed the word on.
    connection.once('end', () => {
      clearTimeout(late);
      resolve();
    });
    connection.on('error', () => stream.destroy());
    const send = (): void => canceller.cancel(processID, secretKey);
    connection.once('sslconnect', send);
    connection.once('connect', () => {
      if (!ssl) send();
      else if (sslNegotiation !== 'direct') canceller.requestSsl();
    });
    if (host.startsWith('/')) canceller.connect(`${host}/.s.PGSQL.${port}`);
    else canceller.connect(port, host);
  });
};
