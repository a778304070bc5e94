/** The embedded server under everything that processes do to one another: sharing, leaving, being killed. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { chooseConfinement, findBinaries } from '../../src/platform/embedded-binaries';
import { attachEmbedded, EmbeddedUnavailable, type EmbeddedDatabase } from '../../src/platform/embedded-postgres';
import { isAlive } from '../../src/platform/embedded-process';
import { startScript, useProcesses, type Running } from '../support/processes';

useProcesses();

const homes: string[] = [];
const newHome = async (): Promise<string> => {
  const home = await mkdtemp(join(tmpdir(), 'tierwarden-embedded-'));
  homes.push(home);
  return home;
};
afterAll(async () => {
  for (const home of homes) await rm(home, { recursive: true, force: true });
});

/** The home that most tests share, so that its data directory is made once. */
let home: string;
beforeAll(async () => {
  home = await newHome();
  await (await attach()).release();
}, 120_000);

const attach = (where = home): Promise<EmbeddedDatabase> => attachEmbedded(where, { durability: 'none' });

const sql = async <Row extends QueryResultRow>(url: string, text: string): Promise<Row[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
};

const postmasterPid = (where = home): number =>
  Number(readFileSync(join(where, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

/** Resolves when the process is gone; a test that waits in vain runs into its own timeout. */
const gone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await sleep(20);
};

interface Holder extends Running {
  readonly ownerUrl: string;
}
const hold = async (where = home): Promise<Holder> => {
  const running = startScript('test/platform/embedded-holder.ts', [where]);
  return { ...running, ...(JSON.parse(await running.line(/^\{/)) as { ownerUrl: string }) };
};
const tell = async (holder: Holder, deed: 'release' | 'exit' | 'throw'): Promise<void> => {
  holder.process.stdin.write(`${deed}\n`);
  await holder.finished;
};

/** Puts a word into the database that a later server must still know. */
const remember = async (url: string, word: string): Promise<void> => {
  await sql(url, `CREATE TABLE IF NOT EXISTS memory (word text); INSERT INTO memory VALUES ('${word}')`);
};
const remembered = async (url: string): Promise<string[]> =>
  (await sql<{ word: string }>(url, 'SELECT word FROM memory')).map((row) => row.word);

const problemOf = async (work: () => Promise<unknown>): Promise<string> => {
  const error: unknown = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EmbeddedUnavailable);
  return (error as Error).message;
};

describe('a first start', () => {
  let fresh: string;
  let database: EmbeddedDatabase;
  beforeAll(async () => {
    fresh = join(await newHome(), 'not', 'there', 'yet');
    database = await attachEmbedded(fresh);
  }, 120_000);
  afterAll(() => database.release());

  test('gives a PostgreSQL 18 that keeps what it commits', async () => {
    const settings = await sql(
      database.appUrl,
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
         current_setting('synchronous_commit') AS sync, current_setting('max_connections') AS connections`,
    );
    expect(settings).toEqual([{ major: 18, fsync: 'on', sync: 'on', connections: '200' }]);
  });

  test('on loopback only', async () => {
    expect(await sql(database.appUrl, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  test('with a login that owns and one that only works', async () => {
    const role = `SELECT rolname, rolsuper, rolcreaterole, rolcreatedb,
      pg_get_userbyid(datdba) = rolname AS owns FROM pg_roles, pg_database
      WHERE rolname = current_user AND datname = current_database()`;
    expect(await sql(database.ownerUrl, role)).toEqual([
      { rolname: 'tierwarden_migrator', rolsuper: false, rolcreaterole: true, rolcreatedb: true, owns: true },
    ]);
    expect(await sql(database.appUrl, role)).toEqual([
      { rolname: 'tierwarden_server', rolsuper: false, rolcreaterole: false, rolcreatedb: false, owns: false },
    ]);
  });

  test.each([
    ['nobody is superuser over a connection', 'postgres:anything'],
    ['a wrong password is refused', 'tierwarden_server:wrong'],
  ])('%s', async (_name, credentials) => {
    const url = database.appUrl.replace(/\/\/[^@]+@/, `//${credentials}@`);
    await expect(sql(url, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('and passwords that only their owner reads', () => {
    expect(statSync(join(fresh, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(fresh, 'secrets.json'), 'utf8')).toContain(new URL(database.appUrl).password);
  });

  test('its data belong to nobody else', () => {
    expect(statSync(join(fresh, 'postgres', 'data')).mode & 0o077).toBe(0);
  });
});

describe('sharing', () => {
  test('two processes use one server, and the last one stops it', async () => {
    const first = await hold();
    const second = await hold();
    const server = postmasterPid();
    expect(second.ownerUrl).toBe(first.ownerUrl);
    await tell(first, 'release');
    expect(isAlive(server)).toBe(true);
    expect(await sql(second.ownerUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await tell(second, 'release');
    expect(isAlive(server)).toBe(false);
  });

  test('several that come at once to an empty home make one cluster', async () => {
    const empty = await newHome();
    const holders = await Promise.all([hold(empty), hold(empty), hold(empty)]);
    expect(new Set(holders.map((holder) => holder.ownerUrl)).size).toBe(1);
    const server = postmasterPid(empty);
    await Promise.all(holders.map((holder) => tell(holder, 'release')));
    expect(isAlive(server)).toBe(false);
  }, 120_000);

  test('parts of one process share it too, and releasing twice is releasing once', async () => {
    const [one, other] = await Promise.all([attach(), attach()]);
    const server = postmasterPid();
    await one.release();
    await one.release();
    expect(isAlive(server)).toBe(true);
    await other.release();
    expect(isAlive(server)).toBe(false);
  });
});

describe('leaving without a word', () => {
  test.each(['exit', 'throw'] as const)('%s takes the server along', async (deed) => {
    const holder = await hold();
    const server = postmasterPid();
    await tell(holder, deed);
    await gone(server);
  });

  test('but not while another process uses it', async () => {
    const leaving = await hold();
    const staying = await hold();
    await tell(leaving, 'exit');
    expect(await sql(staying.ownerUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await tell(staying, 'release');
  });
});

describe('after kill -9', () => {
  test('of the starter, its server is taken over as it is', async () => {
    const killed = await hold();
    await remember(killed.ownerUrl, 'starter killed');
    const server = postmasterPid();
    killed.process.kill('SIGKILL');
    await killed.finished;
    expect(isAlive(server)).toBe(true);

    const next = await attach();
    expect(postmasterPid()).toBe(server);
    expect(await remembered(next.ownerUrl)).toContain('starter killed');
    await next.release();
    expect(isAlive(server)).toBe(false);
  });

  test('of starter and server, another server recovers the data', async () => {
    const killed = await hold();
    await remember(killed.ownerUrl, 'both killed');
    const server = postmasterPid();
    process.kill(server, 'SIGKILL');
    killed.process.kill('SIGKILL');
    await killed.finished;

    const next = await attach();
    expect(postmasterPid()).not.toBe(server);
    expect(await remembered(next.ownerUrl)).toContain('both killed');
    await next.release();
  });

  test('of the server at work, its processes are cleared away first', async () => {
    const killed = await hold();
    const client = new Client({ connectionString: killed.ownerUrl });
    client.on('error', () => undefined);
    await client.connect();
    const [backend] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    const broken = expect(client.query('SELECT count(*) FROM generate_series(1, 1000000000)')).rejects.toThrow();
    process.kill(postmasterPid(), 'SIGKILL');
    killed.process.kill('SIGKILL');
    const next = await attach();
    expect(isAlive(backend!.pid)).toBe(false);
    await broken;
    await next.release();
  });

  test('during the first start, the next one begins anew', async () => {
    const halfMade = await newHome();
    const folder = join(halfMade, 'postgres');
    const killed = startScript('test/platform/embedded-holder.ts', [halfMade]);
    while (!existsSync(folder) || !(await readdir(folder)).some((name) => name.startsWith('new-'))) await sleep(5);
    killed.process.kill('SIGKILL');
    await killed.finished;

    const next = await attach(halfMade);
    expect(await sql(next.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await next.release();
    expect((await readdir(folder)).filter((name) => name.startsWith('new-'))).toEqual([]);
  }, 120_000);
});

describe('what is lost or foreign', () => {
  test('passwords are set anew when secrets.json is gone, but not under processes that use the old ones', async () => {
    await rm(join(home, 'secrets.json'));
    const database = await attach();
    expect(await sql(database.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await rm(join(home, 'secrets.json'));
    expect(await problemOf(() => attach())).toMatch(/^secrets\.json was replaced while others use the database/);
    expect(await sql(database.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.release();
    await (await attach()).release();
  });

  test('the same after kill -9: the server left running is of no use and makes way', async () => {
    const killed = await hold();
    killed.process.kill('SIGKILL');
    await killed.finished;
    await rm(join(home, 'secrets.json'));
    const database = await attach();
    expect(await sql(database.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.release();
  });

  test('a pid file that now names another program does not keep the server from starting', async () => {
    await writeFile(
      join(home, 'postgres', 'data', 'postmaster.pid'),
      `${process.pid}\n/elsewhere\n0\n1\n\n\n\nready\n`,
    );
    const database = await attach();
    expect(postmasterPid()).not.toBe(process.pid);
    await database.release();
  });

  test('a lease whose process id went to another program counts for nothing', async () => {
    const database = await attach();
    const server = postmasterPid();
    const stale = JSON.stringify({ pid: process.pid, stamp: 'an earlier process' });
    await writeFile(join(home, 'postgres', 'leases', 'stale'), stale);
    await writeFile(join(home, 'postgres', 'leases', 'cut-short'), stale.slice(0, 8));
    await database.release();
    expect(isAlive(server)).toBe(false);
  });
});

describe('one line says why not', () => {
  test.each(['/dev/null/home', '/proc/home'])('home %s', async (unusable) => {
    expect(await problemOf(() => attach(unusable))).toMatch(/^TIERWARDEN_HOME \S+ is not writable \([A-Z]+\)$/);
  });

  test('data of another PostgreSQL', async () => {
    const foreign = await newHome();
    await mkdir(join(foreign, 'postgres', 'data'), { recursive: true, mode: 0o700 });
    await writeFile(join(foreign, 'postgres', 'data', 'PG_VERSION'), '9.6\n');
    expect(await problemOf(() => attach(foreign))).toMatch(/^the embedded PostgreSQL does not start: .*server\.log\)$/);
  });

  test('nobody under whom PostgreSQL could run', async () => {
    const none = [{ name: 'in a user namespace', prefix: ['/no/such/program'] }];
    const problem = await problemOf(async () => chooseConfinement(findBinaries(), home, none));
    expect(problem).toMatch(/^PostgreSQL cannot run here \(in a user namespace: .*\); .* set DATABASE_URL$/);
    expect(problem).not.toContain('\n');
  });
});
