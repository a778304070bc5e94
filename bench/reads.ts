/**
 * How fast the reads of screens are, through the whole API (HTTP, token, limits, masking), against a server written by hand
 * for just these reads. Both run one process on the same database, and take turns.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { asSystem, required } from '../src/app';
import type { Config } from '../src/config';
import {
  askPostGraphile,
  installPostGraphile,
  peerCursor,
  peerDocument,
  PEER_SCHEMA,
  type InstalledPeer,
  type Peer,
} from './reads/postgraphile';
import { PAGE_SIZE, Q1, Q2, Q3, Q4, type ReadCase } from './reads/queries';
import { startChild } from './support/child';
import { figure, figureOfRounds, median, type Figure } from './support/figure';
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
  /** Whether PostGraphile is measured too; it is fetched from the package registry for that. */
  readonly peer: boolean;
  readonly onStep: (title: string) => void;
}

const RATINGS_EACH = 3;
/** Different variables that requests take in turn. */
const VARIANTS = 500;
const WARM_UP_SECONDS = 2;
/** Of a process that is to be busy. */
const BUSY = 64;

interface Party {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface Workload extends ReadCase {
  readonly variables: readonly Readonly<Record<string, unknown>>[];
  /** The same in the words of the peer. */
  readonly peer: Asked;
}

/** A document with the variables that requests take in turn. */
type Asked = Pick<Workload, 'document' | 'variables'>;

export const reads = async (config: Config, options: ReadsOptions): Promise<Figure[]> => {
  if (!options.peer) return measure(config, options, null);
  options.onStep('installing PostGraphile, and a Node.js that all run on');
  const peer = await installPostGraphile();
  try {
    return await measure(config, options, peer);
  } finally {
    await peer.remove();
  }
};

const measure = (config: Config, options: ReadsOptions, peer: InstalledPeer | null): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner, appUrl }) => {
    const { onStep } = options;
    const node = peer?.node ?? process.execPath;
    required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', app.newId())));
    onStep(`drawing ${options.customers} customers with ${RATINGS_EACH} ratings each, ${options.requests} requests`);
    await drawReadPortfolio(owner, { ...options, ratingsEach: RATINGS_EACH });

    const home = await mkdtemp(join(tmpdir(), 'tierwarden-reads-'));
    const ours = await startChild(node, 'api', {
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
    const person = await personOf(owner);
    const workloads = await drawWorkloads(owner, api, person);
    const digests = Object.fromEntries(
      await Promise.all(
        workloads.map(
          async (workload) => [workload.document.slice(6, 8), digestIn(await ask(api, workload, 0))] as const,
        ),
      ),
    );
    const byHand = await startChild(node, 'floor', { url: appUrl, person, digests });
    const floor: Party = { port: byHand.port, headers: {} };
    try {
      for (const workload of workloads) await demandSameAnswers(api, floor, workload);
      const figures: Figure[] = [];
      for (const workload of workloads) {
        await warmUp([
          [api, workload],
          [floor, workload],
        ]);
        for (const concurrency of options.concurrencies) {
          onStep(`${workload.name}, ${concurrency} at once`);
          const other = { party: floor, asked: workload };
          figures.push(await compare(api, workload, other, { ...options, concurrency, unit: 'requests/s' }));
        }
      }
      if (peer !== null) {
        await owner.query(PEER_SCHEMA);
        figures.push(...(await compareWithPeer(api, workloads, await peer.start(appUrl), options)));
      }
      if (options.soakMinutes > 0) {
        onStep(`${options.soakMinutes} minutes of all four, ${BUSY} at once`);
        figures.push(...(await soak(ours.child, api, workloads, options)));
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

/** Until what they do is compiled: one request at a time takes long to get there. */
const warmUp = async (parties: readonly (readonly [Party, Asked])[]): Promise<void> => {
  for (const [party, asked] of parties) {
    await requestsPerSecond({
      port: party.port,
      requests: requestsOf(party, asked),
      concurrency: BUSY,
      seconds: 2 * WARM_UP_SECONDS,
    });
  }
};

const compare = async (
  api: Party,
  workload: Workload,
  other: { readonly party: Party; readonly asked: Asked },
  {
    rounds,
    seconds,
    concurrency,
    unit,
  }: Pick<ReadsOptions, 'rounds' | 'seconds'> & {
    readonly concurrency: number;
    readonly unit: string;
  },
): Promise<Figure> => {
  const rate = (party: Party, asked: Asked, duration: number): Promise<number> =>
    requestsPerSecond({ port: party.port, requests: requestsOf(party, asked), concurrency, seconds: duration });
  await rate(api, workload, WARM_UP_SECONDS);
  await rate(other.party, other.asked, WARM_UP_SECONDS);
  const rates: { value: number; floor: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push({
      value: await rate(api, workload, seconds),
      floor: await rate(other.party, other.asked, seconds),
    });
  }
  return figureOfRounds({ bench: 'reads', case: workload.name, concurrency, unit }, rates);
};

const compareWithPeer = async (
  api: Party,
  workloads: readonly Workload[],
  peer: Peer,
  options: ReadsOptions,
): Promise<Figure[]> => {
  const unit = 'requests/s; the floor is PostGraphile 5';
  const figures: Figure[] = [];
  try {
    for (const workload of workloads) {
      await demandSameLeaves(api, peer, workload);
      await warmUp([[{ port: peer.port, headers: {} }, workload.peer]]);
      for (const concurrency of options.concurrencies) {
        options.onStep(`${workload.name}, ${concurrency} at once, against PostGraphile`);
        const other = { party: { port: peer.port, headers: {} }, asked: workload.peer };
        figures.push(await compare(api, workload, other, { ...options, concurrency, unit }));
      }
    }
    return figures;
  } finally {
    await peer.stop();
  }
};

const SOAK_SAMPLE_SECONDS = 5;
/** By how much more the last third may hold than the first before it is said to grow: garbage comes and goes. */
const FLAT = 1.1;

/** In megabytes. */
interface Memory {
  readonly resident: number;
  readonly heap: number;
}

/** Memory of the API process in the last third of a long load, against the first, before which it had warmed up. */
const soak = async (
  child: ChildProcess,
  party: Party,
  workloads: readonly Workload[],
  { soakMinutes: minutes, onStep }: Pick<ReadsOptions, 'soakMinutes' | 'onStep'>,
): Promise<Figure[]> => {
  const requests = workloads.flatMap((workload) => requestsOf(party, workload));
  const samples: Memory[] = [];
  const started = performance.now();
  const minutesSoFar = (): number => (performance.now() - started) / 60_000;
  for (let told = 0; minutesSoFar() < minutes;) {
    await requestsPerSecond({ port: party.port, requests, concurrency: BUSY, seconds: SOAK_SAMPLE_SECONDS });
    const memory = await memoryOf(child);
    samples.push(memory);
    if (minutesSoFar() < told + 1) continue;
    told = Math.floor(minutesSoFar());
    onStep(`after ${told} min: ${memory.resident.toFixed(0)} MB resident, ${memory.heap.toFixed(0)} MB of heap`);
  }
  const third = Math.max(1, Math.floor(samples.length / 3));
  return (['resident', 'heap'] as const).map((kind) => {
    const [first, last] = [samples.slice(0, third), samples.slice(-third)].map((part) =>
      median(part.map((memory) => memory[kind])),
    ) as [number, number];
    onStep(
      `${kind}: ${first.toFixed(0)} MB, at last ${last.toFixed(0)} MB: ${last <= first * FLAT ? 'flat' : 'IT GROWS'}`,
    );
    return figure({
      bench: 'reads',
      case: `${kind === 'heap' ? 'heap' : 'resident memory'}, last third of ${minutes} minutes; floor: first third`,
      concurrency: BUSY,
      value: last,
      unit: 'MB',
      floor: first,
    });
  });
};

const memoryOf = (child: ChildProcess): Promise<Memory> =>
  new Promise((resolve) => {
    child.once('message', (message) => {
      resolve(message as Memory);
    });
    child.send('memory');
  });

const requestsOf = ({ headers }: Party, { document, variables }: Asked): Buffer[] =>
  variables.map((given) => postRequest('/graphql', { query: document, variables: given }, headers));

const drawWorkloads = async (owner: Client, api: Party, person: Person): Promise<Workload[]> => {
  const { rows } = await owner.query<{ id: string; number: string }>(
    `SELECT id, number FROM customer WHERE id::text IN (SELECT subject_id FROM change_request WHERE state = 'IN_REVIEW')
     ORDER BY md5(number) LIMIT ${VARIANTS}`,
  );
  const grades = ['BB', 'BBB', 'A'];
  const cursors: string[] = [];
  for (const { number } of rows.slice(0, VARIANTS / 10)) cursors.push(await cursorAt(api, number));
  const filters = REGIONS.flatMap((region) => grades.map((grade) => ({ region, grade })));
  return [
    {
      ...Q1,
      variables: rows.map(({ id }) => ({ id: Buffer.from(`Customer:${id}`).toString('base64url') })),
      peer: { document: peerDocument(Q1), variables: rows.map(({ id }) => ({ id })) },
    },
    {
      ...Q2,
      variables: filters.map(({ region, grade }) => ({
        first: PAGE_SIZE,
        where: { region: { eq: region }, grade: { gte: grade } },
      })),
      peer: { document: peerDocument(Q2), variables: filters },
    },
    {
      ...Q3,
      variables: [{ first: PAGE_SIZE }],
      peer: { document: peerDocument(Q3), variables: [{ person: person.id, roles: person.roles }] },
    },
    {
      ...Q4,
      variables: cursors.map((after) => ({ first: PAGE_SIZE, after })),
      peer: {
        document: peerDocument(Q4),
        variables: rows.slice(0, VARIANTS / 10).map(({ number }) => ({ after: peerCursor(number) })),
      },
    },
  ];
};

/** A cursor somewhere in the list of all customers, made from one of the first page: only the key differs. */
const cursorAt = async (api: Party, number: string): Promise<string> => {
  const answer = await ask(api, { document: Q4.document, variables: [{ first: 1 }] }, 0);
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

const ask = async (party: Party, workload: Asked, variant: number): Promise<Answer> => {
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

/** The peer shapes its answers otherwise: the same values have to stand in them. Ids and cursors are each party's own. */
const demandSameLeaves = async (api: Party, { port }: Peer, workload: Workload): Promise<void> => {
  for (const variant of [0, workload.variables.length - 1]) {
    const { data } = await ask(api, workload, variant);
    const theirs = await askPostGraphile(port, workload.peer.document, workload.peer.variables[variant] ?? {});
    const [ours, others] = [leavesOf(data), leavesOf(theirs)];
    if (ours.length > 0 && ours.join() === others.join()) continue;
    const at = ours.findIndex((leaf, i) => leaf !== others[i]);
    throw new Error(`${workload.name} is answered differently by the peer: ${ours[at]}, not ${others[at]}`);
  }
};

const leavesOf = (value: unknown): string[] => {
  const leaves: string[] = [];
  JSON.stringify(value, (key, held: unknown) => {
    if (key === 'id' || key === 'endCursor') return undefined;
    if (typeof held !== 'object') leaves.push(isMoment(held) ? new Date(held).toISOString() : JSON.stringify(held));
    return held;
  });
  return leaves.sort();
};

const isMoment = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);

interface Person {
  readonly id: string;
  readonly roles: readonly string[];
}

const personOf = async (owner: Client): Promise<Person> => {
  const { rows } = await owner.query<Person>(
    `SELECT u.id, array_agg(r.role) AS roles FROM app_user AS u JOIN user_role AS r ON r.user_id = u.id
     WHERE u.subject = 'approver' GROUP BY u.id`,
  );
  const [person] = rows;
  if (person === undefined) throw new Error('the sample users are missing');
  return person;
};
