/** What people get from the command line when something is wrong: one line, the right exit code, and no stack trace. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    ['a kind that is none', ['import', 'things', 'file.csv'], {}, /'things' is invalid.*customers, indicators/],
    ['consent to nothing', ['migrate', '--yes'], {}, /--yes goes with --down/],
    ['a variable out of range', ['api'], { PORT: '99999' }, /PORT is above 65535/],
    ['an address that is none', ['migrate'], { DATABASE_URL: 'localhost' }, /DATABASE_URL is not an address/],
    ['local sign-in in the open', ['start'], { HOST: '0.0.0.0' }, /AUTH_JWKS_URL is needed: .* HOST is 0\.0\.0\.0/],
  ])('%s', async (_name, args, env, line) => {
    expectOneLine(await tierwarden(args, env), 2, line);
  });

  test.each(['start', 'api'])('%s without sign-in', async (command) => {
    expectOneLine(await tierwarden([command], given()), 2, /AUTH_JWKS_URL is needed with DATABASE_URL/);
  });

  test('an unknown measurement, and a wrong figure for one', () => {
    for (const args of [['nothing'], ['rerate', '--customers', 'many']]) {
      const { status, stderr } = spawnSync(process.execPath, ['dist/bench/main.js', ...args], {
        cwd: PROJECT,
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: .*(nothing|many)/)]);
    }
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

  test.each(['start', 'api', 'worker'])('%s asks the database first', async (command) => {
    const finished = await tierwarden([command], { DATABASE_URL: NOWHERE });
    expectOneLine(finished, 1, /database unreachable at postgres:\/\/app@127\.0\.0\.1:1\/tierwarden/);
  });

  test.each([
    ['start', 'redis://:hunter2@127.0.0.1:1/0', /Redis unreachable at redis:\/\/127\.0\.0\.1:1\/0: nobody answers/],
    ['worker', 'redis+cluster://u:hunter2@127.0.0.1:1', /Redis unreachable at 127\.0\.0\.1:1: /],
  ])('%s asks Redis before it makes a home', async (command, url, line) => {
    const home = join(tmpdir(), `tierwarden-none-${process.pid}`);
    const finished = await tierwarden([command], { REDIS_URL: url, PORT: '0', TIERWARDEN_HOME: home });
    expectOneLine(finished, 1, line);
    expect(finished.stderr).not.toContain('hunter2');
    expect(existsSync(home)).toBe(false);
  });

  test('the home is not writable', async () => {
    const finished = await tierwarden(['migrate'], { TIERWARDEN_HOME: '/dev/null/home' });
    expectOneLine(finished, 1, /TIERWARDEN_HOME \/dev\/null\/home is not writable \(ENOTDIR\)/);
  });

  test('a file that is not there', async () => {
    for (const [file, map, missing] of [
      ['none.csv', 'none.yaml', /none\.yaml/],
      ['none.csv', 'samples/indicators.map.yaml', /there is no file none\.csv/],
    ] as const) {
      const home = join(tmpdir(), `tierwarden-none-${process.pid}`);
      const finished = await tierwarden(['import', 'indicators', file, '--map', map], { TIERWARDEN_HOME: home });
      expectOneLine(finished, 1, missing);
      expect(existsSync(home)).toBe(false);
    }
  });

  test('a file without rows says so, and a portfolio without customers too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwarden-empty-'));
    const file = join(folder, 'empty.csv');
    writeFileSync(file, `${readFileSync(join(PROJECT, 'samples/customers.csv'), 'utf8').split('\n', 1)[0]}\n`);
    const imported = await tierwarden(['import', 'customers', file, '--map', 'samples/customers.map.yaml'], given());
    rmSync(folder, { recursive: true });
    expect(imported.stdout).toBe(`${file} has no rows below its header: nothing was imported\n`);
    expect(imported.code).toBe(0);
    expect((await tierwarden(['migrate'], given())).code).toBe(0);
    for (const wait of [[], ['--wait']]) {
      const rated = await tierwarden(['rate', '--all', ...wait], given());
      expectOneLine(rated, 1, /nothing to rate yet: import indicators first/);
    }
  });

  test('an org unit that is not there: those that are there are named', async () => {
    const add = ['user', 'add', 'li', '--name', 'Li', '--unit', 'RISKS', '--role', 'RISK_ANALYST'];
    expectOneLine(await tierwarden(add, given()), 1, /no org unit RISKS, .*add one with tierwarden user unit/);
    const unit = ['user', 'unit', 'RISK', '--name-en', 'Risk', '--name-zh', '风险', '--line', 'RISK'];
    expect((await tierwarden(unit, given())).code).toBe(0);
    expectOneLine(await tierwarden(add, given()), 1, /no org unit RISKS; there are RISK$/);
  });

  test('a customer that is not there', async () => {
    expectOneLine(await tierwarden(['rate', '--customer', 'NOBODY'], given()), 1, /NOT_FOUND: .*NOBODY/);
  });
});

describe('undoing migrations', () => {
  test('keeps its hands off a database that holds something', async () => {
    const newestOf = () => database.asOwner<{ name: string }>('SELECT name FROM migration ORDER BY id DESC LIMIT 1');
    const [newest] = await newestOf();
    const refused = await tierwarden(['migrate', '--down', '1'], given());
    expectOneLine(refused, 1, /--down 1 would undo 1 migration \(\w+\).* rows of .*audit_event \d+.*give --yes/);
    expect(refused.stderr).toContain(newest!.name.replace(/\d+$/, ''));
    expect(await newestOf()).toEqual([newest]);

    const undone = await tierwarden(['migrate', '--down', '1', '--yes'], given());
    expect(undone).toMatchObject({ code: 0, stdout: `reverted ${newest!.name}\n` });
    const again = await tierwarden(['migrate'], given());
    expect(again).toMatchObject({ code: 0, stdout: `applied  ${newest!.name}\n` });
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

  test('doctor makes nothing where nothing is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwarden-doctor-'));
    const home = join(folder, 'home');
    const fresh = await tierwarden(['doctor'], { TIERWARDEN_HOME: home });
    expectOneLine(fresh, 1, /not sound: home$/);
    expect(fresh.stdout).toMatch(/✗ home .*nothing there yet: npm start creates it/);
    expect(existsSync(home)).toBe(false);
    writeFileSync(home, '');
    const plain = await tierwarden(['doctor'], { TIERWARDEN_HOME: home });
    expectOneLine(plain, 1, /not sound: home$/);
    expect(plain.stdout).toMatch(/✗ home .*is not a folder/);
    rmSync(folder, { recursive: true });
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
      ['node', 'home', 'database', 'schema', 'audit log', 'records', 'ratings', 'calendar', 'queue', 'sign-in'].map(
        (name) => [name, true],
      ),
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
