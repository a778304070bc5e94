/**
 * How long a page of the audit log takes through the whole API, by each of its filters: one far down the list beside the
 * first one of the same filter. A list that is walked by its index answers both alike, however many events there are.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { toGlobalId } from '../graphql/global-id';
import { asSystem, required } from '../src/app';
import type { Config } from '../src/config';
import { startChild } from './support/child';
import { figureOfRounds, timed, type Figure, type Round } from './support/figure';
import { withScratchDatabase } from './support/scratch-database';

export interface PagingOptions {
  readonly events: number;
  readonly rounds: number;
  readonly onStep: (title: string) => void;
}

const PAGE_SIZE = 50;
const DOCUMENT = `query Page($first: Int!, $after: String, $where: AuditEventWhere) {
  auditEvents(first: $first, after: $after, where: $where) {
    edges { cursor node { id occurredAt action actorId objectType objectId requestId reason } }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Every filter leaves some pages, whatever there is besides. */
const DRAWN = {
  actors: 8,
  actions: 20,
  refusedOneIn: 200,
  eventsOfObject: 200,
  eventsOfCustomer: 2_000,
  eventsOfRequest: 200,
};
const DAYS = 365;

export const paging = (config: Config, { events, rounds, onStep }: PagingOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, appUrl, owner }) => {
    required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', app.newId())));
    await drawEvents(owner, events, onStep);
    const home = await mkdtemp(join(tmpdir(), 'tierwarden-paging-'));
    const { child, port, token } = await startChild(process.execPath, 'api', {
      config: { ...config, home, auth: { kind: 'local' }, host: '127.0.0.1', rateLimitPerMinute: 0 },
      databaseUrl: appUrl,
      subject: 'auditor',
    });
    const ask = async (variables: object): Promise<Page> => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token ?? ''}` },
        body: JSON.stringify({ query: DOCUMENT, variables: { first: PAGE_SIZE, ...variables } }),
      });
      const { data, errors } = (await response.json()) as { data: { auditEvents: Page } | null; errors?: unknown };
      if (data === null || errors !== undefined) throw new Error(JSON.stringify(errors));
      return data.auditEvents;
    };
    try {
      const figures: Figure[] = [];
      for (const { name, where, condition } of await filtersOf(owner)) {
        onStep(name);
        const first = { where };
        const deep = { where, after: await cursorInside(owner, condition, await ask(first)) };
        const measured: Round[] = [];
        // The first round finds the server cold.
        for (let round = 0; round <= rounds; round++) {
          const value = await timed(() => ask(deep));
          const floor = await timed(() => ask(first));
          if (value.value.edges.length < PAGE_SIZE) throw new Error(`there is no whole page in the middle: ${name}`);
          if (round > 0) measured.push({ value: value.seconds * 1_000, floor: floor.seconds * 1_000 });
        }
        figures.push(
          figureOfRounds(
            {
              bench: 'paging',
              case: `page of ${PAGE_SIZE} in the middle of ${events} events, ${name}; floor: its first page`,
              concurrency: 1,
              unit: 'ms',
            },
            measured,
          ),
        );
      }
      return figures;
    } finally {
      child.disconnect();
      await rm(home, { recursive: true, force: true });
    }
  });

interface Page {
  readonly edges: readonly unknown[];
  readonly pageInfo: { readonly endCursor: string };
}

interface Filter {
  readonly name: string;
  readonly where: object;
  /** The same in SQL. */
  readonly condition: string;
}

/** Each filter of the list, for what is drawn below. */
const filtersOf = async (owner: Client): Promise<Filter[]> => {
  const { rows } = await owner.query<{ person: string; gte: Date; lt: Date }>(
    `SELECT id::text AS person, now() - interval '8 months' AS gte, now() - interval '4 months' AS lt
     FROM app_user WHERE subject = 'approver'`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error('the sample users are missing');
  const { person, gte, lt } = found;
  const customer = drawnKey('customer', 1);
  const object = drawnKey('object', 1);
  const byPerson = `actor_id = '${person}'`;
  const byAction = `action = 'bench.done-1'`;
  return [
    { name: 'all of them', where: {}, condition: 'true' },
    { name: 'by person', where: { actor: toGlobalId('User', person) }, condition: byPerson },
    {
      name: 'by system actor',
      where: { systemActor: { eq: 'system:bench-1' } },
      condition: `actor_id = 'system:bench-1'`,
    },
    { name: 'by on whose behalf', where: { onBehalfOf: { eq: person } }, condition: `on_behalf_of = '${person}'` },
    { name: 'by action', where: { action: { eq: 'bench.done-1' } }, condition: byAction },
    {
      name: 'by two actions',
      where: { action: { in: ['bench.done-1', 'bench.done-2'] } },
      condition: `action IN ('bench.done-1', 'bench.done-2')`,
    },
    { name: 'by result', where: { result: 'REFUSED' }, condition: `action = 'access.refused'` },
    {
      name: 'by customer',
      where: { customer: toGlobalId('Customer', customer) },
      condition: `customer_id = '${customer}'`,
    },
    { name: 'by object', where: { object: toGlobalId('Rating', object) }, condition: `object_id = '${object}'` },
    { name: 'by request', where: { requestId: { eq: 'bench-1' } }, condition: `request_id = 'bench-1'` },
    {
      name: 'by time',
      where: { occurredAt: { gte, lt } },
      condition: `occurred_at >= '${gte.toISOString()}' AND occurred_at < '${lt.toISOString()}'`,
    },
    { name: 'by a part of a name', where: { search: 'Chen' }, condition: byPerson },
    {
      name: 'by person and action',
      where: { actor: toGlobalId('User', person), action: { eq: 'bench.done-1' } },
      condition: `${byPerson} AND ${byAction}`,
    },
    {
      name: 'by person, but not one action',
      where: { actor: toGlobalId('User', person), not: { action: { eq: 'bench.done-1' } } },
      condition: `${byPerson} AND NOT ${byAction}`,
    },
  ];
};

/** A cursor in the middle of what the filter leaves, made from one of the first page: only the key differs. */
const cursorInside = async (owner: Client, condition: string, { pageInfo }: Page): Promise<string> => {
  const { rows } = await owner.query<{ at: string; id: string }>(
    `WITH found AS MATERIALIZED (SELECT occurred_at, id FROM audit_event WHERE ${condition}),
       half AS (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY occurred_at) AS at FROM found)
     SELECT occurred_at::text AS at, id::text AS id
     FROM found, half WHERE occurred_at = half.at LIMIT 1`,
  );
  const [middle] = rows;
  if (middle === undefined) throw new Error(`nothing is ${condition}`);
  const [digest, parent] = JSON.parse(Buffer.from(pageInfo.endCursor, 'base64url').toString()) as string[];
  return Buffer.from(JSON.stringify([digest, parent, middle.at, middle.id])).toString('base64url');
};

/** Of the `index`th of its kind. */
const drawnKey = (kind: string, index: number): string =>
  createHash('md5')
    .update(`${kind}-${index}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** A year of events, evenly; indexes are made after them and triggers left out, which takes a tenth of the time. */
const drawEvents = async (owner: Client, events: number, onStep: PagingOptions['onStep']): Promise<void> => {
  const { rows: indexes } = await owner.query<{ name: string; definition: string }>(
    `SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index AS i
     JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = 'audit_event'::regclass AND NOT i.indisprimary`,
  );
  for (const { name } of indexes) await owner.query(`DROP INDEX ${name}`);
  await owner.query('ALTER TABLE audit_event DISABLE TRIGGER USER');
  const piece = Math.ceil(events / 10);
  for (let begin = 0; begin < events; begin += piece) {
    onStep(`writing events: ${begin} of ${events}`);
    await owner.query(
      `INSERT INTO audit_event (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id, request_id, bytes)
       SELECT id, occurred_at, actor, behalf, action, 'Rating', object, customer, request,
         convert_to(format('{"action":"%s","actor":"%s","after":{"amount":"%s.00","currency":"CNY"},"at":"%s","before":null,"customer":"%s","data":null,"id":"%s","object":{"id":"%s","type":"Rating"},"onBehalfOf":null,"reason":"drawn for a measurement","request":"%s","v":1}',
           action, actor, i, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), customer, id, object, request), 'UTF8')
       FROM generate_series(${begin}, ${Math.min(begin + piece, events) - 1}) AS i,
         LATERAL (SELECT now() - interval '1 day' * ${DAYS} * (1 - i::numeric / ${events}) AS occurred_at,
           CASE i % ${DRAWN.actors} WHEN 0 THEN person.id::text ELSE 'system:bench-' || i % ${DRAWN.actors} END AS actor,
           CASE i % ${DRAWN.actors} WHEN 3 THEN person.id::text END AS behalf,
           CASE WHEN i % ${DRAWN.refusedOneIn} = 0 THEN 'access.refused' ELSE 'bench.done-' || i / 7 % ${DRAWN.actions} END AS action,
           md5('object-' || i / 3 % (${events} / ${DRAWN.eventsOfObject}))::uuid::text AS object,
           md5('customer-' || i / 5 % (${events} / ${DRAWN.eventsOfCustomer}))::uuid AS customer,
           'bench-' || i / 11 % (${events} / ${DRAWN.eventsOfRequest}) AS request
           FROM app_user AS person WHERE subject = 'approver') AS drawn,
         LATERAL (SELECT lpad(to_hex((extract(epoch FROM occurred_at) * 1000)::bigint), 12, '0') AS ms, gen_random_uuid()::text AS random) AS key,
         LATERAL (SELECT (substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7' || substr(random, 16))::uuid AS id) AS named`,
    );
  }
  await owner.query('ALTER TABLE audit_event ENABLE TRIGGER USER');
  onStep('making the indexes');
  for (const { definition } of indexes) await owner.query(definition);
  await owner.query('VACUUM ANALYZE audit_event');
};
