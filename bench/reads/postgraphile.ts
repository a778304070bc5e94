/**
 * The peer: PostGraphile 5, which makes its API from tables, and from views and functions in a schema of its own, so that it
 * is asked for the same rows and fields; without authentication and limits. It is no dependency: it is installed into a folder
 * of its own, with a Node.js on which everybody runs who is compared with it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PAGE_SIZE, type ReadCase } from './queries';

const PACKAGES = { postgraphile: '5.1.5', node: '24.9.0' };
const START_TRIES = 150;
const START_PAUSE_MS = 200;

export interface InstalledPeer {
  /** The Node.js that it runs on. */
  readonly node: string;
  start(databaseUrl: string): Promise<Peer>;
  remove(): Promise<void>;
}

export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

export const installPostGraphile = async (): Promise<InstalledPeer> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-peer-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
    await finished(
      spawn('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'ignore' }),
    );
  } catch (error) {
    await remove();
    throw error;
  }
  const node = join(folder, 'node_modules', '.bin', 'node');
  return { node, remove, start: (databaseUrl) => start(folder, node, databaseUrl) };
};

const start = async (folder: string, node: string, databaseUrl: string): Promise<Peer> => {
  const port = await freePort();
  await writeFile(join(folder, 'graphile.config.mjs'), preset(databaseUrl, port));
  const server = spawn(node, [join('node_modules', 'postgraphile', 'dist', 'cli-run.js')], {
    cwd: folder,
    stdio: 'ignore',
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  try {
    await answering(port, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
};

/**
 * What its tables do not tell by themselves, as its users write it: views that the planner opens, functions that it inlines.
 * To be run by the owner of the database.
 */
export const PEER_SCHEMA = `
CREATE SCHEMA peer;
CREATE VIEW peer.level AS
  SELECT l.request_id, l.ordinal, l.role, l.quorum, q.state = 'IN_REVIEW' AND l.ordinal = q.current_level AS current,
    (SELECT count(*)::int FROM change_request_vote AS v WHERE v.request_id = l.request_id AND v.level_ordinal = l.ordinal
       AND v.verdict = 'APPROVE' AND v.digest = q.digest) AS approvals
  FROM change_request_level AS l JOIN change_request AS q ON q.id = l.request_id;
CREATE VIEW peer.request AS
  SELECT id, 'CR-' || lpad(serial::text, 6, '0') AS number, kind, state, version, submitted_at, decide_by, current_level,
    maker_id, subject_type, subject_id, subject_id::uuid AS customer_id
  FROM change_request;
CREATE FUNCTION public.customer_open_requests(c public.customer) RETURNS SETOF peer.request LANGUAGE sql STABLE AS $$
  SELECT q.* FROM peer.request AS q
  WHERE q.state = 'IN_REVIEW' AND q.subject_type = 'Customer' AND q.subject_id = c.id::text ORDER BY q.submitted_at, q.id $$;
CREATE FUNCTION public.customer_grade_rank(g public.customer_grade) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE g.grade WHEN 'AAA' THEN 9 WHEN 'AA' THEN 8 WHEN 'A' THEN 7 WHEN 'BBB' THEN 6 WHEN 'BB' THEN 5 WHEN 'B' THEN 4
    WHEN 'CCC' THEN 3 WHEN 'CC' THEN 2 ELSE 1 END $$;
CREATE FUNCTION peer.customers_rated(of_region text, at_least public.grade) RETURNS SETOF public.customer LANGUAGE sql STABLE
AS $$ SELECT c.* FROM public.customer AS c JOIN public.customer_grade AS g ON g.customer_id = c.id
  WHERE c.region = of_region AND g.grade >= at_least ORDER BY c.number $$;
CREATE FUNCTION peer.inbox(person uuid, roles text[]) RETURNS SETOF peer.request LANGUAGE sql STABLE AS $$
  SELECT q.* FROM peer.request AS q
  WHERE q.state = 'IN_REVIEW' AND q.decide_by > now() AND q.maker_id || '' <> person::text
    AND NOT EXISTS (SELECT FROM public.change_request_vote AS v WHERE v.request_id = q.id AND v.voter_id = person)
    AND EXISTS (SELECT FROM public.change_request_level AS l WHERE l.request_id = q.id AND l.ordinal = q.current_level
                AND l.role = ANY (roles))
  ORDER BY q.submitted_at DESC, q.id DESC $$;
GRANT USAGE ON SCHEMA peer TO tierwarden_app;
GRANT SELECT ON ALL TABLES IN SCHEMA peer TO tierwarden_app;
`;

const preset = (databaseUrl: string, port: number): string => `
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { makePgService } from 'postgraphile/adaptors/pg';
import { makePgSmartTagsPlugin } from 'postgraphile/utils';
const tagged = (match, tags) => ({ kind: 'class', match, tags });
export default {
  extends: [PostGraphileAmberPreset],
  // Keys that partitioned tables cannot have as constraints.
  plugins: [
    makePgSmartTagsPlugin([
      tagged('rating', { primaryKey: 'id' }),
      tagged('customer_grade', {
        primaryKey: 'customer_id',
        foreignKey: ['(customer_id) references customer (id)', '(rating_id) references rating (id)'],
      }),
      tagged('peer.level', { primaryKey: 'request_id,ordinal', foreignKey: '(request_id) references peer.request (id)' }),
      tagged('peer.request', { primaryKey: 'id', foreignKey: '(customer_id) references public.customer (id)' }),
    ]),
  ],
  pgServices: [makePgService({ connectionString: ${JSON.stringify(databaseUrl)}, schemas: ['public', 'peer'] })],
  grafserv: { host: '127.0.0.1', port: ${port}, graphiql: false, watch: false },
  grafast: { explain: false },
};
`;

const finished = async (child: ChildProcess): Promise<void> => {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the peer could not be installed: npm ended with ${code}`);
};

const answering = async (port: number, server: ChildProcess): Promise<void> => {
  for (let tried = 0; tried < START_TRIES && server.exitCode === null; tried++) {
    const answer = await askPostGraphile(port, '{ __typename }', {}).catch(() => null);
    if (answer !== null) return;
    await sleep(START_PAUSE_MS);
  }
  throw new Error('the peer does not answer');
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
};

/** Throws on anything but data. */
export const askPostGraphile = async (port: number, query: string, variables: object): Promise<unknown> => {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
  if (data === undefined || errors !== undefined) throw new Error(`the peer refuses: ${JSON.stringify(errors)}`);
  return data;
};

const LEVELS = 'peerLevelsByRequestId(orderBy: ORDINAL_ASC) { nodes { ordinal role quorum approvals current } }';

/** The same reads in the peer's words, except that it joins what stands in one object of ours. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  Q1: `query Q1($id: UUID!) {
  customerByRowId(rowId: $id) {
    id number displayName stage region
    industryByIndustryCode { code nameZh nameEn }
    customerGradeByCustomerId {
      grade rank modelGrade basis version
      ratingByRatingId { id score modelGrade ratedAt }
    }
    openRequests { nodes { id number kind state version submittedAt ${LEVELS} } }
  }
}`,
  Q2: `query Q2($region: String!, $grade: Grade!) {
  peerCustomersRated(first: ${PAGE_SIZE}, ofRegion: $region, atLeast: $grade) {
    nodes {
      id number displayName stage region
      customerGradeByCustomerId { grade rank ratingByRatingId { id score ratedAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  Q3: `query Q3($person: UUID!, $roles: [String!]!) {
  peerInbox(first: ${PAGE_SIZE}, person: $person, roles: $roles) {
    nodes {
      id number kind state version submittedAt decideBy
      customerByCustomerId { id number displayName }
      ${LEVELS}
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  Q4: `query Q4($after: Cursor!) {
  allCustomers(first: ${PAGE_SIZE}, after: $after, orderBy: NUMBER_ASC) {
    nodes { id number displayName stage customerGradeByCustomerId { grade rank } }
    pageInfo { hasNextPage endCursor }
  }
}`,
};

export const peerDocument = ({ document }: ReadCase): string => DOCUMENTS[document.slice(6, 8)] ?? '';

/** Where a list of customers by number goes on after one: digest of that order, and the key. */
export const peerCursor = (number: string): string =>
  Buffer.from(JSON.stringify(['f3a27d844a', number])).toString('base64');
