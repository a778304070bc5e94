/**
 * A real PostgreSQL 18 for installations that bring no database: started by the first process of a home that needs it,
 * shared by the others, stopped by the last. It listens on loopback only, and what it stores is permanent.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { chooseConfinement, EmbeddedUnavailable, findBinaries } from './embedded-binaries';
import {
  clusterExists,
  createCluster,
  DATABASE_NAME,
  findServer,
  killUnfinished,
  resetPasswords,
  signalStop,
  startServer,
  stopServer,
  type Cluster,
  type Logins,
  type RunningServer,
} from './embedded-cluster';
import { leasesIn, type Leases } from './embedded-leases';

export { EmbeddedUnavailable } from './embedded-binaries';

export interface EmbeddedDatabase {
  /** Login that owns the database and may create roles and databases. */
  readonly ownerUrl: string;
  /** Login of the running application. */
  readonly appUrl: string;
  /** Gives the server back and, if nobody else uses it, waits for its end. Further calls do nothing. */
  release(): Promise<void>;
}

export interface AttachOptions {
  /** Told what is being done, where that takes time. */
  readonly onStep?: (step: string) => void;
  /** `none` for data that nobody will miss: faster, and lost if the machine stops. */
  readonly durability?: 'full' | 'none';
}

const JOIN_RETRY_MS = 250;
const JOIN_TIMEOUT_MS = 10_000;

/**
 * Joins the server of `home`, starting it (and at the first time making its data directory) if need be. A server that
 * a killed process left running is taken over, one that was killed itself is recovered. If the process exits without
 * `release`, by `process.exit` or by an error, the server is told to end; only a killed process leaves it behind.
 *
 * @param home absolute path; made if it does not exist.
 * @throws {EmbeddedUnavailable} with one line for people.
 */
export const attachEmbedded = async (home: string, options: AttachOptions = {}): Promise<EmbeddedDatabase> => {
  const folder = join(home, 'postgres');
  await makeHome(home, folder);
  const leases = leasesIn(folder);
  let lease = '';
  const onExit = (): void => releaseAtExit(folder, leases, lease);
  process.on('exit', onExit);
  const release = async (): Promise<void> => {
    if (lease === '') return;
    const id = lease;
    lease = '';
    await leases.locked(() => giveBack(folder, leases, id));
    process.off('exit', onExit);
  };
  try {
    return await leases.locked(async () => {
      const alone = !leases.anyAlive();
      lease = leases.take();
      try {
        const { logins, port } = await ensureRunning(home, folder, alone, options);
        return { ownerUrl: urlOf(logins.migrator, port), appUrl: urlOf(logins.server, port), release };
      } catch (error) {
        const id = lease;
        lease = '';
        await giveBack(folder, leases, id);
        throw error;
      }
    });
  } catch (error) {
    process.off('exit', onExit);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new EmbeddedUnavailable(`the embedded PostgreSQL cannot use ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

const giveBack = async (folder: string, leases: Leases, lease: string): Promise<void> => {
  leases.giveBack(lease);
  if (!leases.anyAlive()) await stopServer(folder);
};

const releaseAtExit = (folder: string, leases: Leases, lease: string): void => {
  killUnfinished();
  if (lease === '') return;
  leases.giveBack(lease);
  leases.lockedAtExit(() => {
    if (!leases.anyAlive()) signalStop(folder);
  });
};

const ensureRunning = async (
  home: string,
  folder: string,
  alone: boolean,
  options: AttachOptions,
): Promise<{ logins: Logins; port: number }> => {
  const onStep = options.onStep ?? (() => undefined);
  const logins = await ensureLogins(home);
  const joined = await joinServer(folder, logins, alone);
  if (joined !== null) return { logins, port: joined.port };
  const binaries = findBinaries();
  const cluster: Cluster = {
    folder,
    binaries,
    confinement: chooseConfinement(binaries, folder),
    durability: options.durability ?? 'full',
  };
  if (!clusterExists(folder)) {
    onStep('creating the embedded PostgreSQL');
    await createCluster(cluster, logins);
  }
  onStep('starting the embedded PostgreSQL');
  const started = await startServer(cluster);
  if ((await logIn(logins, started)) === 'welcome') return { logins, port: started.port };
  await stopServer(folder);
  await resetPasswords(cluster, logins);
  return { logins, port: (await startServer(cluster)).port };
};

/**
 * The server that runs already; null if none does. One that does not know our passwords, because secrets.json was lost,
 * is stopped, but only if nobody else uses it.
 */
const joinServer = async (folder: string, logins: Logins, alone: boolean): Promise<RunningServer | null> => {
  for (let waitedMs = 0; ; waitedMs += JOIN_RETRY_MS) {
    const found = await findServer(folder);
    if (found === null) return null;
    try {
      if ((await logIn(logins, found)) === 'welcome') return found;
    } catch (error) {
      // It may be dying at this very moment; then it is soon not to be found.
      if (waitedMs >= JOIN_TIMEOUT_MS) {
        throw new EmbeddedUnavailable(`the embedded PostgreSQL refuses connections: ${(error as Error).message}`, {
          cause: error,
        });
      }
      await sleep(JOIN_RETRY_MS);
      continue;
    }
    if (!alone)
      throw new EmbeddedUnavailable('secrets.json was replaced while others use the database; stop them first');
    await stopServer(folder);
    return null;
  }
};

const makeHome = async (home: string, folder: string): Promise<void> => {
  try {
    await makeFolder(folder);
    for (const probe of [home, folder].map((where) => join(where, `.probe-${randomUUID()}`))) {
      await writeFile(probe, '');
      await rm(probe);
    }
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `TIERWARDEN_HOME ${home} is not writable (${(cause as NodeJS.ErrnoException).code})`,
      {
        cause,
      },
    );
  }
};

/** Not mkdir's `recursive`, which never returns on a file system that answers like /proc. */
const makeFolder = async (folder: string): Promise<void> => {
  if (existsSync(folder)) return;
  await makeFolder(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
};

const Secrets = z.object({ migratorPassword: z.string().regex(/^\w+$/), serverPassword: z.string().regex(/^\w+$/) });

/** The logins with the passwords of `secrets.json`, which is made if it is not there. */
const ensureLogins = async (home: string): Promise<Logins> => {
  const file = join(home, 'secrets.json');
  let secrets = readSecrets(file);
  if (secrets === null) {
    const password = (): string => randomBytes(24).toString('hex');
    secrets = { migratorPassword: password(), serverPassword: password() };
    await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return {
    migrator: { name: 'tierwarden_migrator', password: secrets.migratorPassword },
    server: { name: 'tierwarden_server', password: secrets.serverPassword },
  };
};

const readSecrets = (file: string): z.infer<typeof Secrets> | null => {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  try {
    return Secrets.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

const urlOf = (login: Logins['server'], port: number): string =>
  `postgres://${login.name}:${login.password}@127.0.0.1:${port}/${DATABASE_NAME}`;

/** Whether the server knows both passwords. Any other trouble is thrown. */
const logIn = async (logins: Logins, server: RunningServer): Promise<'welcome' | 'wrong password'> => {
  for (const login of [logins.migrator, logins.server]) {
    const client = new Client({ connectionString: urlOf(login, server.port), connectionTimeoutMillis: 10_000 });
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: string }).code === '28P01') return 'wrong password';
      throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return 'welcome';
};
