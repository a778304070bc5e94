/**
 * `npm start` on an empty home, as a newcomer meets it: it says where it is, who can sign in and what to try; all of that
 * works; Ctrl-C ends it; the next start, and the one after a kill -9, go on from there.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SAMPLE_USERS } from '../../src/identity';
import { isAlive, processesIn } from '../../src/platform/embedded-process';
import { PROJECT, startScript, tierwarden, useBuiltProgram, type Running } from '../support/processes';

useBuiltProgram();
jest.setTimeout(240_000);

let folder: string;
let home: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tierwarden-start-'));
  home = join(folder, "somebody's home");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Started extends Running {
  readonly url: string;
  /** Everything said until it was ready. */
  readonly greeting: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** Starts on a port of the system's choice and waits for the last line of the greeting. */
const start = async (): Promise<Started> => {
  const running = startScript('scripts/start.js', [], { PORT: '0', TIERWARDEN_HOME: home });
  let greeting = '';
  running.process.stdout.on('data', (chunk: Buffer) => (greeting += chunk.toString('utf8')));
  await running.line(/^Ctrl-C stops everything/);
  const url = /ready at (\S+)/.exec(greeting)![1]!;
  const tokens = Object.fromEntries(
    [...readFileSync(join(home, 'sign-ins.sh'), 'utf8').matchAll(/^([A-Z]\w+)=(eyJ\S+)$/gm)].map(([, name, token]) => [
      name,
      token,
    ]),
  );
  return { ...running, url, greeting, tokens };
};

/** Ctrl-C in a terminal under npm: the signal comes from the terminal and, at once, again from npm. */
const interrupt = async (started: Started): Promise<void> => {
  started.process.kill('SIGINT');
  await sleep(20);
  started.process.kill('SIGINT');
  const { code, stdout } = await started.finished;
  expect(stdout).toMatch(/Stopped\. Data are kept/);
  expect(code).toBe(0);
};

interface Answer {
  // Read as it comes; the expectations check its shape.
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly errors?: unknown;
}

const ask = async (started: Started, who: string, query: string, variables: object = {}) => {
  const response = await fetch(`${started.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${started.tokens[who]}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
};

/** What the greeting uses of curl, for machines that have none. */
const CURL = `#!/usr/bin/env node
const [, , , url, , authorization, , type, , body] = process.argv;
const headers = Object.fromEntries([authorization, type].map((header) => header.split(': ')));
fetch(url, { method: 'POST', headers, body }).then(async (response) => console.log(await response.text()));
`;

/** Pastes lines into one shell, one after another; yields the lines that it prints. */
const paste = async (lines: readonly string[]): Promise<string[]> => {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'curl'), CURL, { mode: 0o755 });
  const { stdout } = await promisify(execFile)('sh', ['-euc', lines.join('\n')], {
    env: { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return stdout.split('\n').filter((line) => line !== '');
};

const dataFolder = () => join(home, 'postgres', 'data');

let approved: { number: string; inForce: string };

test('the first start brings everything, and what it prints works', async () => {
  const started = await start();
  for (const path of ['/healthz', '/readyz']) expect((await fetch(started.url + path)).status).toBe(200);

  for (const { subject, displayName } of SAMPLE_USERS) {
    const answer = await ask(started, subject.toUpperCase(), '{ viewer { displayName } }');
    expect(answer).toMatchObject({ data: { viewer: { displayName } } });
  }
  const forged = { ...started, tokens: { MAKER: `${started.tokens['MAKER']!.slice(0, -6)}AAAAAA` } };
  expect(await ask(forged, 'MAKER', '{ viewer { displayName } }')).toMatchObject({ errors: [{}] });

  expect(started.greeting).not.toMatch(/eyJ/);
  expect(statSync(join(home, 'sign-ins.sh')).mode & 0o777).toBe(0o600);
  const pasted = started.greeting.split('\n').filter((line) => /^(\. |curl |ANSWER=|REQUEST=)/.test(line));
  expect(pasted).toHaveLength(5);
  const [signIns, look, submit, keep, approve] = pasted as [string, string, string, string, string];
  const [looked, request, own, approval, refused] = await paste([
    signIns,
    look,
    submit,
    keep,
    approve.replace('$APPROVER', '$MAKER'),
    approve,
    submit,
    keep,
  ]);
  expect(JSON.parse(looked!)).toMatchObject({
    data: { customer: { grade: { model: { value: expect.stringMatching(/^[ABC]+$/) } } } },
  });
  expect(request).toMatch(/^[\w+/=]+$/);
  expect(own).toMatch(/MAKER_CANNOT_CHECK|FORBIDDEN/);
  expect(JSON.parse(refused!)).toMatchObject({
    data: { submitGradeOverride: { request: null, userErrors: [{ code: 'STALE_VERSION' }] } },
  });
  const decided = (JSON.parse(approval!) as Answer).data.approveRequest;
  expect(decided).toMatchObject({ userErrors: [], request: { state: 'APPLIED' } });
  const { model, inForce } = decided.request.customer.grade;
  expect(inForce.value).not.toBe(model.value);
  const found = await ask(
    started,
    'ANALYST',
    'query($id: ID!) { node(id: $id) { ... on ChangeRequest { customer { number } } } }',
    { id: request },
  );
  approved = { number: found.data.node.customer.number, inForce: inForce.value };
  // The guide goes on with this one as the first rating left it.
  const guide = readFileSync(join(PROJECT, 'docs/guides/first-session.md'), 'utf8');
  const number = /\{ "number": "(C\d+)" \}/.exec(guide)![1];
  const untouched = await ask(
    started,
    'MAKER',
    'query($number: String) { customer(number: $number) { openRequests { id } grade { version basis inForce { value } } } }',
    { number },
  );
  expect(untouched.data.customer).toEqual({
    openRequests: [],
    grade: { version: 1, basis: 'MODEL', inForce: { value: 'B' } },
  });

  await interrupt(started);
});

test('after Ctrl-C no process is left', () => {
  expect(processesIn(dataFolder(), 'postgres')).toEqual([]);
  expect(existsSync(join(dataFolder(), 'postmaster.pid'))).toBe(false);
  expect(readdirSync(join(home, 'postgres', 'leases'))).toEqual([]);
});

/** What must have happened once, and what people did in between. */
const expectSameData = async (started: Started): Promise<void> => {
  const answer = await ask(
    started,
    'AUDITOR',
    `query($number: String) {
       customer(number: $number) { grade { inForce { value } basis } }
       ratingRuns { totalCount { count } nodes { state rated customers } }
       loads: auditEvents(where: { action: { eq: "sample.loaded" } }) { totalCount { count } }
     }`,
    { number: approved.number },
  );
  expect(answer.errors).toBeUndefined();
  expect(answer.data).toMatchObject({
    customer: { grade: { inForce: { value: approved.inForce }, basis: 'OVERRIDE' } },
    ratingRuns: { totalCount: { count: 1 }, nodes: [{ state: 'COMPLETED', rated: 600, customers: 600 }] },
    loads: { totalCount: { count: 1 } },
  });
};

test('the second start goes on from there, and other commands use its database meanwhile', async () => {
  const started = await start();
  await expectSameData(started);
  const doctor = await tierwarden(['doctor', '--json'], { TIERWARDEN_HOME: home });
  expect(JSON.parse(doctor.stdout.trim().split('\n').at(-1)!)).toMatchObject({ ok: true });
  expect((await fetch(`${started.url}/readyz`)).status).toBe(200);
  await interrupt(started);
  const { stderr } = await started.finished;
  expect(stderr).toContain('sample portfolio: there since an earlier start');
  expect(stderr).not.toContain('companies');
});

test('after kill -9 of program and database the third start recovers', async () => {
  const killed = await start();
  const [postmaster] = processesIn(dataFolder(), 'postgres').sort((a, b) => a - b);
  killed.process.kill('SIGKILL');
  process.kill(postmaster!, 'SIGKILL');
  await killed.finished;
  while (isAlive(postmaster!)) await sleep(20);

  const started = await start();
  await expectSameData(started);
  await interrupt(started);
});

test('SIGTERM ends it just as well', async () => {
  const started = await start();
  started.process.kill('SIGTERM');
  expect((await started.finished).code).toBe(0);
  expect(processesIn(dataFolder(), 'postgres')).toEqual([]);
});
