/**
 * One PostgreSQL data directory and the server on it: made, started, found again, stopped. It never decides when; that is
 * embedded-postgres's part. A data directory appears under its name only when it is complete, so an interrupted first
 * start leaves nothing that could be mistaken for data.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedUnavailable, firstLine, spawnConfined, type Binaries, type Confinement } from './embedded-binaries';
import { isAlive, isTaken, processesIn, worksIn } from './embedded-process';

/** Logins of the cluster with their passwords. The superuser has no password and cannot log in. */
export interface Logins {
  readonly migrator: { readonly name: string; readonly password: string };
  readonly server: { readonly name: string; readonly password: string };
}

export interface Cluster {
  /** Folder that holds `data` and `server.log`. */
  readonly folder: string;
  readonly binaries: Binaries;
  readonly confinement: Confinement;
  /** `none` trades safety against power loss for speed: for data that nobody will miss. */
  readonly durability: 'full' | 'none';
}

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

export const DATABASE_NAME = 'tierwarden';

const POLL_MS = 25;
/** Bounds recovery after an unclean stop, which reads the log since the last checkpoint. */
const START_TIMEOUT_MS = 300_000;
const FAST_STOP_TIMEOUT_MS = 20_000;
const PORT_TRIES = 5;
/** How long processes of a killed server may hold on to its data. */
const ORPHAN_TIMEOUT_MS = 15_000;
const LOG_LIMIT_BYTES = 5_000_000;

const dataOf = (cluster: Pick<Cluster, 'folder'>): string => join(cluster.folder, 'data');
const logOf = (cluster: Cluster): string => join(cluster.folder, 'server.log');

export const clusterExists = (folder: string): boolean => existsSync(dataOf({ folder }));

/** Makes the data directory with its database and logins. */
export const createCluster = async (cluster: Cluster, logins: Logins): Promise<void> => {
  for (const name of await readdir(cluster.folder)) {
    if (name.startsWith('new-')) await rm(join(cluster.folder, name), { recursive: true, force: true });
  }
  const fresh = join(cluster.folder, `new-${process.pid}`);
  await mkdir(fresh, { mode: 0o700 });
  if (cluster.confinement.user) await chown(fresh, cluster.confinement.user.uid, cluster.confinement.user.gid);
  await run(cluster, cluster.binaries.initdb, [
    ...['--pgdata', fresh, '--username', 'postgres', '--encoding', 'UTF8'],
    // Sorting by code point, the same on every machine.
    ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    // What pg_hba.conf will say in the end is written below.
    ...['--auth', 'reject', '--no-instructions'],
    ...(cluster.durability === 'none' ? ['--no-sync'] : []),
  ]);
  await writeSettings(cluster, fresh);
  await asSuperuser(cluster, fresh, [
    ...setPasswords('CREATE', logins),
    `ALTER ROLE ${logins.migrator.name} CREATEROLE CREATEDB`,
    `GRANT pg_signal_backend TO ${logins.migrator.name}`,
    `CREATE DATABASE ${DATABASE_NAME} OWNER ${logins.migrator.name}`,
  ]);
  await rename(fresh, dataOf(cluster));
};

/** Gives the logins the passwords of `logins`; no server may run. */
export const resetPasswords = async (cluster: Cluster, logins: Logins): Promise<void> => {
  await asSuperuser(cluster, dataOf(cluster), setPasswords('ALTER', logins));
};

const setPasswords = (verb: 'CREATE' | 'ALTER', logins: Logins): string[] =>
  [logins.migrator, logins.server].map(({ name, password }) => `${verb} ROLE ${name} LOGIN PASSWORD '${password}'`);

/** The server that runs on the data directory, once it accepts connections; null if none runs. */
export const findServer = async (folder: string): Promise<RunningServer | null> => {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
    const file = readPidFile(folder);
    if (file === null || !worksIn(file.pid, dataOf({ folder }))) return null;
    if (file.ready) return { pid: file.pid, port: file.port };
    await sleep(POLL_MS);
  }
  throw new EmbeddedUnavailable(`the embedded PostgreSQL (process ${readPidFile(folder)?.pid}) does not become ready`);
};

/** Starts a server; none may run. Whatever a killed one left behind, PostgreSQL recovers. */
export const startServer = async (cluster: Cluster): Promise<RunningServer> => {
  const data = dataOf(cluster);
  await clearRemains(cluster.folder);
  await adoptFiles(cluster, data);
  await writeSettings(cluster, data);
  const orphansUntil = Date.now() + ORPHAN_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryStart(cluster, await freePort());
    if (typeof outcome !== 'string') return outcome;
    if (/pre-existing shared memory block/.test(outcome) && Date.now() < orphansUntil) await sleep(500);
    else if (!/could not (create any TCP|bind)/.test(outcome) || attempt >= PORT_TRIES) {
      throw new EmbeddedUnavailable(`the embedded PostgreSQL does not start: ${outcome} (see ${logOf(cluster)})`);
    }
  }
};

/**
 * Makes way after a killed server. Its processes go by themselves, but one at work on a query first brings that to its
 * end. And PostgreSQL does not start while the dead server's id is taken, be it by a zombie or by another program: then,
 * with nobody left on the data, its pid file is removed. Otherwise the file stays, as PostgreSQL's own guard.
 */
const clearRemains = async (folder: string): Promise<void> => {
  const data = dataOf({ folder });
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const orphans = processesIn(data, 'postgres');
    if (orphans.length === 0) break;
    if (waitedMs >= ORPHAN_TIMEOUT_MS) {
      throw new EmbeddedUnavailable(`process ${orphans[0]} of a killed PostgreSQL does not let go of ${data}`);
    }
    if (waitedMs === 0) orphans.forEach(terminate);
    await sleep(POLL_MS);
  }
  const left = readPidFile(folder);
  if (left !== null && isTaken(left.pid)) rmSync(join(data, 'postmaster.pid'), { force: true });
};

const terminate = (pid: number): void => {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has just gone by itself.
  }
};

/** Asks the server to end: open transactions are rolled back, data are written. Does not wait. */
export const signalStop = (folder: string, signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): number | null => {
  const file = readPidFile(folder);
  if (file === null || !worksIn(file.pid, dataOf({ folder }))) return null;
  process.kill(file.pid, signal);
  return file.pid;
};

/** Stops the server, if one runs, and waits for its end. */
export const stopServer = async (folder: string): Promise<void> => {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const pid = signalStop(folder, signal);
    if (pid === null) return;
    for (let waitedMs = 0; waitedMs < FAST_STOP_TIMEOUT_MS; waitedMs += POLL_MS) {
      if (!isAlive(pid)) return;
      await sleep(POLL_MS);
    }
  }
};

interface PidFile extends RunningServer {
  readonly ready: boolean;
}

/** PostgreSQL's own record of the running server: line 1 its process, 4 its port, 8 its state. */
const readPidFile = (folder: string): PidFile | null => {
  let lines: string[];
  try {
    lines = readFileSync(join(dataOf({ folder }), 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null;
};

/** The running server, or the reason for which it ended. */
const tryStart = async (cluster: Cluster, port: number): Promise<RunningServer | string> => {
  const log = openLog(logOf(cluster));
  const logStart = statSync(logOf(cluster)).size;
  // In a process group of its own, so that Ctrl-C reaches it through us and after our connections are closed.
  const server = spawnConfined(
    cluster.confinement,
    cluster.binaries.postgres,
    ['-D', dataOf(cluster), '-p', `${port}`],
    {
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  server.unref();
  closeSync(log);
  running.add(server);
  try {
    return await readiness(cluster, server, logStart);
  } finally {
    running.delete(server);
  }
};

const readiness = async (cluster: Cluster, server: ChildProcess, logStart: number): Promise<RunningServer | string> => {
  let failure: string | null = null;
  server.once('error', (error) => (failure = error.message));
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
    if (failure !== null || server.exitCode !== null || server.signalCode !== null) {
      return failure ?? reasonIn(readFileSync(logOf(cluster), 'utf8').slice(logStart));
    }
    const file = readPidFile(cluster.folder);
    if (file?.ready && file.pid === server.pid) return { pid: file.pid, port: file.port };
    await sleep(POLL_MS);
  }
  server.kill('SIGQUIT');
  return `not ready after ${START_TIMEOUT_MS / 1000} s`;
};

/** The log of the last runs; one that is long, or another user's, makes room for a new one. */
const openLog = (path: string): number => {
  try {
    if (statSync(path).size <= LOG_LIMIT_BYTES) return openSync(path, 'a');
  } catch {
    // Not there yet, or not ours to write.
  }
  rmSync(path, { force: true });
  return openSync(path, 'a', 0o600);
};

/** The last thing that PostgreSQL gave up on, without the log's prefix. */
const reasonIn = (output: string): string => {
  const lines = output.split('\n').filter((line) => /\b(FATAL|PANIC|ERROR|error):/.test(line));
  return (
    (lines.at(-1) ?? firstLine(output)).replace(/^.*?\b(FATAL|PANIC|ERROR|error):\s*/, '') || 'no reason was given'
  );
};

/** Rewritten at every start: the cluster follows the program. Safe settings are left as they are by default. */
const writeSettings = async (cluster: Cluster, data: string): Promise<void> => {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    work_mem: '16MB',
    maintenance_work_mem: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(cluster.durability === 'none' ? { fsync: 'off', full_page_writes: 'off' } : {}),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  const notice = '# Written anew by tierwarden at every start; changes made here are lost.';
  writeFileSync(join(data, 'postgresql.conf'), `${[notice, ...lines].join('\n')}\n`);
  // By password from this machine only. The superuser has none, so nobody can be it over a connection.
  writeFileSync(join(data, 'pg_hba.conf'), `${notice}\nhost all all 127.0.0.1/32 scram-sha-256\n`);
};

/** Files made under another confinement (root with and without user namespaces) go to the present one. */
const adoptFiles = async (cluster: Cluster, data: string): Promise<void> => {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = cluster.confinement.user ?? { uid: 0, gid: 0 };
  if (statSync(data).uid === uid) return;
  await finished(spawn('chown', ['-R', `${uid}:${gid}`, data], { stdio: ['ignore', 'ignore', 'pipe'] }), 'chown');
};

/** SQL without a server, one statement a line: passwords travel neither over a connection nor on a command line. */
const asSuperuser = async (cluster: Cluster, data: string, statements: readonly string[]): Promise<void> => {
  await run(
    cluster,
    cluster.binaries.postgres,
    ['--single', '-D', data, '-c', 'exit_on_error=true', 'postgres'],
    `${statements.join('\n')}\n`,
  );
};

const run = async (cluster: Cluster, program: string, args: readonly string[], input = ''): Promise<void> => {
  const child = spawnConfined(cluster.confinement, program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin?.on('error', () => undefined).end(input);
  await finished(child, program);
};

/** Programs that must not outlive us. */
const running = new Set<ChildProcess>();

/** For the exit of the process: ends what is under way in this file. */
export const killUnfinished = (): void => running.forEach((child) => child.kill('SIGTERM'));

const finished = async (child: ChildProcess, program: string): Promise<void> => {
  running.add(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new EmbeddedUnavailable(`${program} failed: ${reasonIn(errors)}`);
  } catch (cause) {
    if (cause instanceof EmbeddedUnavailable) throw cause;
    throw new EmbeddedUnavailable(`${program} cannot run: ${(cause as Error).message}`, { cause });
  } finally {
    running.delete(child);
  }
};

/** Free when asked; whoever takes it in between makes the start fail, and it is tried again. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
};
