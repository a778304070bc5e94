/** Hears what PostgreSQL notifies on one channel, over a connection of its own. A hint only: what is sent meanwhile is lost. */
import { Client } from 'pg';
import { APP_ROLE } from './database';

export interface Listener {
  /** Connects again after a loss; cheap while connected. Throws when the server cannot be reached. */
  ensure(): Promise<void>;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly databaseUrl: string;
  /** A plain SQL identifier. */
  readonly channel: string;
  readonly applicationName: string;
}

export const listenTo = (
  { databaseUrl, channel, applicationName }: ListenOptions,
  onNotified: () => void,
): Listener => {
  let client: Client | null = null;
  const drop = (dead: Client): void => {
    if (client === dead) client = null;
  };
  return {
    ensure: async () => {
      if (client !== null) return;
      const fresh = new Client({
        connectionString: databaseUrl,
        options: `-c role=${APP_ROLE}`,
        application_name: applicationName,
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
      });
      fresh.on('error', () => drop(fresh));
      fresh.on('end', () => drop(fresh));
      fresh.on('notification', onNotified);
      client = fresh;
      try {
        await fresh.connect();
        await fresh.query(`LISTEN ${channel}`);
      } catch (error) {
        drop(fresh);
        await fresh.end().catch(() => undefined);
        throw error;
      }
    },
    close: async () => {
      const last = client;
      client = null;
      await last?.end().catch(() => undefined);
    },
  };
};
