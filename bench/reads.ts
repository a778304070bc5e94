/**
 * How fast the reads of screens are, through the whole API (HTTP, token, limits, masking), against a server written by hand
 * for just these reads. Both run one process on the same database, and take turns.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { asSystem, required } from '../src/app';
import type { Config } from '../src/config';
import { PAGE_SIZE, Q1, Q2, Q3, Q4, type ReadCase } from './reads/queries';
import { figure, type Figure } from './support/figure';
import { postRequest, requestsPerSecond } from './support/http-load';
import { drawReadPortfolio, REGIONS } from './support/read-portfolio';
import { withScratchDatabase } from './support/scratch-database';

export interface ReadsOptions {
  readonly customers: number;
  readonly requests: number;
  /** Of each measurement; there are several rounds of it. */
  readonly seconds: number;
  readonly rounds: number;
  readonly concurrencies: readonly number[];
  /** Then the API is kept busy for so long, and its memory watched; 0 for not at all. */
  readonly soakMinutes: number;
  readonly onStep: (title: string) => void;
}

const RATINGS_EACH = 3;
/** Different variables that requests take in turn. */
const VARIANTS = 500;
const WARM_UP_SECONDS = 2;

interface Party {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface Workload extends ReadCase {
  readonly variables: readonly Readonly<Record<string, unknown>>[];
}

export const reads = (config: Config, options: ReadsOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner, appUrl }) => {
    const { onStep } = options;
    required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', app.newId())));
    onStep(`drawing ${options.customers} customers with ${RATINGS_EACH} ratings each, ${options.requests} requests`);
    await drawReadPortfolio(owner, { ...options, ratingsEach: RATINGS_EACH });

    const home = await mkdtemp(join(tmpdir(), 'tierwarden-reads-'));
    const ours = await startChild('api', {
      config: {
        ...config,
        home,
        auth: { kind: 'local' },
        host: '127.0.0.1',
        rateLimitPerMinute: 0,
        databasePoolSize: POOL_SIZE,
      },
      databaseUrl: appUrl,
      subject: 'approver',
    });
    const api: Party = { port: ours.port, headers: { authorization: `Bearer ${ours.token ?? ''}` } };
    const workloads = await drawWorkloads(owner, api);
    const digests = Object.fromEntries(
      await Promise.all(
        workloads.map(
          async (workload) => [workload.document.slice(6, 8), digestIn(await ask(api, workload, 0))] as const,
        ),
      ),
    );
    const byHand = await startChild('floor', { url: appUrl, person: await personOf(owner), digests });
    const floor: Party = { port: byHand.port, headers: {} };
    try {
      for (const workload of workloads) await demandSameAnswers(api, floor, workload);
      const figures: Figure[] = [];
      for (const workload of workloads) {
        for (const concurrency of options.concurrencies) {
          onStep(`${workload.name}, ${concurrency} at once`);
          figures.push(await compare(api, floor, workload, concurrency, options));
        }
      }
      if (options.soakMinutes > 0) {
        onStep(`${options.soakMinutes} minutes of all four, ${SOAK_CONCURRENCY} at once`);
        figures.push(await soak(ours.child, api, workloads, options.soakMinutes));
      }
      return figures;
    } finally {
      ours.child.disconnect();
      byHand.child.disconnect();
      await rm(home, { recursive: true, force: true });
    }
  });

/** Connections of each server, ours and the one by hand. */
const POOL_SIZE = 10;

const compare = async (
  api: Party,
  floor: Party,
  workload: Workload,
  concurrency: number,
  { rounds, seconds }: ReadsOptions,
): Promise<Figure> => {
  const rate = (party: Party, duration: number): Promise<number> =>
    requestsPerSecond({ port: party.port, requests: requestsOf(party, workload), concurrency, seconds: duration });
  await rate(api, WARM_UP_SECONDS);
  await rate(floor, WARM_UP_SECONDS);
  const rates: { ours: number; floor: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push({ ours: await rate(api, seconds), floor: await rate(floor, seconds) });
  }
  return figure({
    bench: 'reads',
    case: workload.name,
    concurrency,
    value: median(rates.map((pair) => pair.ours)),
    unit: 'requests/s',
    floor: median(rates.map((pair) => pair.floor)),
  });
};

const SOAK_CONCURRENCY = 64;
const SOAK_SAMPLE_SECONDS = 5;

/** Memory of the API process late in a long load, against what it was once it had warmed up. */
const soak = async (
  child: ChildProcess,
  party: Party,
  workloads: readonly Workload[],
  minutes: number,
): Promise<Figure> => {
  const requests = workloads.flatMap((workload) => requestsOf(party, workload));
  const samples: number[] = [];
  const until = performance.now() + minutes * 60_000;
  while (performance.now() < until) {
    await requestsPerSecond({
      port: party.port,
      requests,
      concurrency: SOAK_CONCURRENCY,
      seconds: SOAK_SAMPLE_SECONDS,
    });
    samples.push(await megabytesOf(child));
  }
  const third = Math.floor(samples.length / 3);
  return figure({
    bench: 'reads',
    case: `memory in the last third of ${minutes} minutes, against the middle one`,
    concurrency: SOAK_CONCURRENCY,
    value: median(samples.slice(-third)),
    unit: 'MB resident',
    floor: median(samples.slice(third, 2 * third)),
  });
};

const megabytesOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('message', (message) => {
      resolve((message as { rss: number }).rss / 1e6);
    });
    child.send('memory');
  });

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

const requestsOf = ({ headers }: Party, { document, variables }: Workload): Buffer[] =>
  variables.map((given) => postRequest('/graphql', { query: document, variables: given }, headers));

const drawWorkloads = async (owner: Client, api: Party): Promise<Workload[]> => {
  const { rows } = await owner.query<{ id: string; number: string }>(
    `SELECT id, number FROM customer WHERE id::text IN (SELECT subject_id FROM change_request WHERE state = 'IN_REVIEW')
     ORDER BY md5(number) LIMIT ${VARIANTS}`,
  );
  const grades = ['BB', 'BBB', 'A'];
  const cursors: string[] = [];
  for (const { number } of rows.slice(0, VARIANTS / 10)) cursors.push(await cursorAt(api, number));
  return [
    { ...Q1, variables: rows.map(({ id }) => ({ id: Buffer.from(`Customer:${id}`).toString('base64url') })) },
    {
      ...Q2,
      variables: REGIONS.flatMap((region) =>
        grades.map((grade) => ({ first: PAGE_SIZE, where: { region: { eq: region }, grade: { gte: grade } } })),
      ),
    },
    { ...Q3, variables: [{ first: PAGE_SIZE }] },
    { ...Q4, variables: cursors.map((after) => ({ first: PAGE_SIZE, after })) },
  ];
};

/** A cursor somewhere in the list of all customers, made from one of the first page: only the key differs. */
const cursorAt = async (api: Party, number: string): Promise<string> => {
  const answer = await ask(api, { ...Q4, variables: [{ first: 1 }] }, 0);
  const [digest, parent] = JSON.parse(Buffer.from(endCursorIn(answer), 'base64url').toString()) as string[];
  return Buffer.from(JSON.stringify([digest, parent, number])).toString('base64url');
};

interface Answer {
  readonly data: Readonly<Record<string, { readonly pageInfo?: { readonly endCursor: string } }>> | null;
}

const endCursorIn = ({ data }: Answer): string => Object.values(data ?? {})[0]?.pageInfo?.endCursor ?? '';

const digestIn = (answer: Answer): string => {
  const cursor = endCursorIn(answer);
  return cursor === '' ? '' : ((JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[])[0] ?? '');
};

const ask = async (party: Party, workload: Workload, variant: number): Promise<Answer> => {
  const response = await fetch(`http://127.0.0.1:${party.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...party.headers },
    body: JSON.stringify({ query: workload.document, variables: workload.variables[variant] }),
  });
  return (await response.json()) as Answer;
};

/** Cursors are as long, but ours are bound to the filter. */
const demandSameAnswers = async (api: Party, floor: Party, workload: Workload): Promise<void> => {
  for (const variant of [0, workload.variables.length - 1]) {
    const [ours, byHand] = (await Promise.all([ask(api, workload, variant), ask(floor, workload, variant)])).map(
      ({ data }) => JSON.stringify(data).replace(/"endCursor":"[^"]*"/, ''),
    );
    if (ours === byHand) continue;
    const at = [...(ours ?? '')].findIndex((character, i) => character !== byHand?.[i]);
    const around = (text = ''): string => text.slice(Math.max(0, at - 100), at + 100);
    throw new Error(`${workload.name} is answered differently:\n${around(ours)}\n${around(byHand)}`);
  }
};

const personOf = async (owner: Client): Promise<{ id: string; roles: string[] }> => {
  const { rows } = await owner.query<{ id: string; roles: string[] }>(
    `SELECT u.id, array_agg(r.role) AS roles FROM app_user AS u JOIN user_role AS r ON r.user_id = u.id
     WHERE u.subject = 'approver' GROUP BY u.id`,
  );
  const [person] = rows;
  if (person === undefined) throw new Error('the sample users are missing');
  return person;
};

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token?: string;
}

const startChild = (script: 'api' | 'floor', order: object): Promise<Started> =>
  new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'reads', `${script}.js`), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the ${script} process ended with ${code}`));
    });
    child.once('message', (message) => {
      resolve({ child, ...(message as { port: number; token?: string }) });
    });
    child.send(order);
  });
