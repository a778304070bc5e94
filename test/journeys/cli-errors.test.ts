/** What people get from the command line when something is wrong: one line, the right exit code, and no stack trace. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useDatabase } from '../support/database';
import { PROJECT, startScript, tierwarden, useBuiltProgram, type Finished } from '../support/processes';

useBuiltProgram();
const database = useDatabase();

/** One line on stderr besides the steps of long work, which are indented or marked. */
const expectOneLine = ({ code, stdout, stderr }: Finished, exitCode: number, line: RegExp): void => {
  const lines = stderr.split('\n').filter((text) => text !== '' && !/^[ ✓✗]/u.test(text));
  expect(lines).toEqual([expect.stringMatching(line)]);
  expect(lines[0]).toMatch(/^tierwarden: /);
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .*[:(]/m);
  expect(code).toBe(exitCode);
};

const NOWHERE = 'postgres://app:hunter2@127.0.0.1:1/tierwarden';

describe('used wrongly: 2', () => {
  test.each([
    ['an unknown command', ['raet'], {}, /unknown command 'raet'.*rate/],
    ['an unknown option', ['doctor', '--loud'], {}, /unknown option '--loud'/],
    ['an option that makes no sense', ['migrate', '--down', 'all'], {}, /--down takes a number from 1/],
    ['a command without its object', ['rate'], {}, /rate takes --all or --customer/],
    ['a missing argument', ['import', 'indicators', 'file.csv'], {}, /--map/],
    ['a variable out of range', ['api'], { PORT: '99999' }, /PORT is above 65535/],
    ['an address that is none', ['migrate'], { DATABASE_URL: 'localhost' }, /DATABASE_URL is not an address/],
    ['a door without sign-in', ['api'], { DATABASE_URL: NOWHERE }, /AUTH_JWKS_URL is needed with DATABASE_URL/],
    ['local sign-in in the open', ['start'], { HOST: '0.0.0.0' }, /AUTH_JWKS_URL is needed: .* HOST is 0\.0\.0\.0/],
  ])('%s', async (_name, args, env, line) => {
    expectOneLine(await tierwarden(args, env), 2, line);
  });

  test('no command at all shows the help', async () => {
    const { code, stderr } = await tierwarden([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: tierwarden');
  });

  test('help that was asked for is no failure', async () => {
    const { code, stdout } = await tierwarden(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /start[\s\S]*api[\s\S]*worker[\s\S]*migrate[\s\S]*import[\s\S]*rate[\s\S]*outcomes[\s\S]*doctor/,
    );
  });
});

describe('cannot be done: 1', () => {
  test('the database is unreachable, and its password is kept', async () => {
    const finished = await tierwarden(['migrate'], { DATABASE_URL: NOWHERE });
    expectOneLine(finished, 1, /database unreachable at postgres:\/\/app@127\.0\.0\.1:1\/tierwarden: .*ECONNREFUSED/);
    expect(finished.stderr).not.toContain('hunter2');
  });

  test('the home is not writable', async () => {
    const finished = await tierwarden(['migrate'], { TIERWARDEN_HOME: '/dev/null/home' });
    expectOneLine(finished, 1, /TIERWARDEN_HOME \/dev\/null\/home is not writable \(ENOTDIR\)/);
  });

  test('a file that is not there', async () => {
    const finished = await tierwarden(['import', 'indicators', 'none.csv', '--map', 'none.yaml'], given());
    expectOneLine(finished, 1, /none\.yaml/);
  });

  test('a customer that is not there', async () => {
    expectOneLine(await tierwarden(['rate', '--customer', 'NOBODY'], given()), 1, /NOT_FOUND: .*NOBODY/);
  });
});

describe('the schema does not fit: 1', () => {
  const migrations = (sql: string) => database.asOwner(`SET ROLE tierwarden_owner; ${sql}`);

  test('a migration that this program does not know', async () => {
    await migrations("INSERT INTO migration (timestamp, name) VALUES (9999, 'Tomorrow9999')");
    for (const command of [['migrate'], ['rate', '--all']]) {
      expectOneLine(await tierwarden(command, given()), 1, /migrated by a newer version .*Tomorrow9999/);
    }
    await migrations("DELETE FROM migration WHERE name = 'Tomorrow9999'");
  });

  test('a migration that was never run', async () => {
    await migrations(
      'CREATE TABLE kept AS SELECT * FROM migration; DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)',
    );
    expectOneLine(await tierwarden(['rate', '--all'], given()), 1, /lacks 1 migration.*run tierwarden migrate/);
    await migrations('DELETE FROM migration; INSERT INTO migration SELECT * FROM kept; DROP TABLE kept');
  });

  test('doctor says which part is not sound', async () => {
    const { code, stdout, stderr } = await tierwarden(['doctor', '--json'], { ...given(), ...PROVIDER });
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      ok: boolean;
      checks: { name: string; ok: boolean }[];
    };
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(last.checks.map(({ name, ok }) => [name, ok])).toEqual(
      ['node', 'home', 'database', 'schema', 'queue', 'sign-in'].map((name) => [name, true]),
    );
    const broken = await tierwarden(['doctor'], { ...PROVIDER, DATABASE_URL: NOWHERE });
    expectOneLine(broken, 1, /not sound: database/);
  });
});

const PROVIDER = {
  AUTH_JWKS_URL: 'https://id.example/jwks',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'tierwarden',
  AUTH_ALGORITHMS: 'ES256',
};
const given = () => ({ DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl });

describe('a taken port: 1, before anything slow', () => {
  let holder: Server;
  let taken: string;
  const home = mkdtempSync(join(tmpdir(), 'tierwarden-port-'));
  beforeAll(async () => {
    holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    taken = String((holder.address() as AddressInfo).port);
  });
  afterAll(() => {
    holder.close();
    rmSync(home, { recursive: true });
  });

  test.each(['start', 'api'])('%s', async (command) => {
    const finished = await tierwarden([command], { PORT: taken, TIERWARDEN_HOME: join(home, 'new') });
    expectOneLine(finished, 1, new RegExp(`port ${taken} is taken; set PORT`));
    expect(finished.stderr).not.toContain('PostgreSQL');
  });

  test('npm start', async () => {
    const finished = await startScript('scripts/start.js', [], { PORT: taken }).finished;
    expectOneLine(finished, 1, new RegExp(`port ${taken} is taken; set PORT`));
  });
});

test.each(['18.20.4', '20.18.3'])('Node.js %s is too old: 1', (version) => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  for (const script of ['start', 'test', 'build', 'bench']) {
    const { status, stderr } = spawnSync(process.execPath, ['-e', `${pretend}; require('./scripts/${script}.js')`], {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, `tierwarden: Node.js 20.19 or newer is needed, this is ${version}\n`]);
  }
});
