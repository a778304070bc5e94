/**
 * The floor: what a person would write by hand for just these four reads. node:http and pg, one prepared statement each,
 * rows as arrays of text, no authentication, no schema, no limits. It sends the same JSON in `data`.
 */
import { createServer } from 'node:http';
import { Pool, type CustomTypesConfig } from 'pg';

type Row = (string | null)[];

const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as CustomTypesConfig;

const global = (type: string, key: string | null): string => Buffer.from(`${type}:${key}`).toString('base64url');
const iso = (written: string): string => {
  const fraction = written.charAt(19) === '.' ? written.slice(20, 23).replace(/\D.*/, '') : '';
  return `${written.slice(0, 10)}T${written.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`;
};
const RANKS: Readonly<Record<string, number>> = { AAA: 9, AA: 8, A: 7, BBB: 6, BB: 5, B: 4, CCC: 3, CC: 2, C: 1 };
const grade = (value: string | null) => ({ value, rank: RANKS[value ?? ''] });

const SQL = {
  one: `SELECT c.number, c.display_name, c.stage, c.region, i.code, i.name_zh, i.name_en, g.grade, g.model_grade, g.basis,
    g.version, r.id, r.score, r.model_grade, r.rated_at,
    (SELECT json_agg(json_build_array(q.id, q.serial, q.kind, q.state, q.version, q.submitted_at, q.current_level, q.digest,
      (SELECT json_agg(json_build_array(l.ordinal, l.role, l.quorum,
         (SELECT count(*) FROM change_request_vote v WHERE v.request_id = q.id AND v.level_ordinal = l.ordinal
            AND v.verdict = 'APPROVE' AND v.digest = q.digest)) ORDER BY l.ordinal)
       FROM change_request_level l WHERE l.request_id = q.id)) ORDER BY q.submitted_at, q.id)
     FROM change_request q WHERE q.state = 'IN_REVIEW' AND q.subject_type = 'Customer' AND q.subject_id = c.id::text)
    FROM customer c LEFT JOIN industry i ON i.code = c.industry_code LEFT JOIN customer_grade g ON g.customer_id = c.id
      LEFT JOIN rating r ON r.id = g.rating_id WHERE c.id = $1`,
  filtered: `SELECT c.id, c.number, c.display_name, c.stage, c.region, g.grade, r.id, r.score, r.rated_at
    FROM (SELECT customer.* FROM customer JOIN customer_grade f ON f.customer_id = customer.id
          WHERE customer.region = $1 AND f.grade >= $2 ORDER BY customer.number LIMIT 51) c
      LEFT JOIN customer_grade g ON g.customer_id = c.id LEFT JOIN rating r ON r.id = g.rating_id
    ORDER BY c.number`,
  inbox: `SELECT q.id, q.serial, q.kind, q.state, q.version, q.submitted_at, q.decide_by, q.current_level, c.id, c.number,
      c.display_name,
      (SELECT json_agg(json_build_array(l.ordinal, l.role, l.quorum,
         (SELECT count(*) FROM change_request_vote v WHERE v.request_id = q.id AND v.level_ordinal = l.ordinal
            AND v.verdict = 'APPROVE' AND v.digest = q.digest)) ORDER BY l.ordinal)
       FROM change_request_level l WHERE l.request_id = q.id)
    FROM (SELECT * FROM change_request q
          WHERE q.state = 'IN_REVIEW' AND q.decide_by > $1 AND q.maker_id || '' <> $2
            AND NOT EXISTS (SELECT FROM change_request_vote m WHERE m.request_id = q.id AND m.voter_id = $2::uuid)
            AND EXISTS (SELECT FROM change_request_level l WHERE l.request_id = q.id AND l.ordinal = q.current_level
                        AND l.role = ANY ($3))
          ORDER BY q.submitted_at DESC, q.id DESC LIMIT 51) q
      LEFT JOIN customer c ON c.id = q.subject_id::uuid
    ORDER BY q.submitted_at DESC, q.id DESC`,
  deep: `SELECT c.id, c.number, c.display_name, c.stage, g.grade
    FROM (SELECT * FROM customer WHERE number > $1 ORDER BY number LIMIT 51) c
      LEFT JOIN customer_grade g ON g.customer_id = c.id ORDER BY c.number`,
} as const;

interface Body {
  readonly query: string;
  readonly variables: { readonly id?: string; readonly where?: Where; readonly after?: string };
}
interface Where {
  readonly region: { readonly eq: string };
  readonly grade: { readonly gte: string };
}

interface Person {
  readonly id: string;
  readonly roles: readonly string[];
}

const pageInfo = (rows: Row[], digest: string, keys: (row: Row) => (string | null)[]) => {
  const last = rows[Math.min(rows.length, 50) - 1];
  return {
    hasNextPage: rows.length > 50,
    endCursor:
      last === undefined ? null : Buffer.from(JSON.stringify([digest, '', ...keys(last)])).toString('base64url'),
  };
};

type Level = [number, string, number, number];
const levels = (held: readonly Level[], state: string | null, current: number) =>
  held.map(([ordinal, role, quorum, approvals]) => ({
    ordinal,
    role,
    quorum,
    approvals,
    current: state === 'IN_REVIEW' && ordinal === current,
  }));

const serve = async ({ url, person, digests }: { url: string; person: Person; digests: Record<string, string> }) => {
  const pool = new Pool({ connectionString: url, max: 10, options: '-c role=tierwarden_app -c timezone=UTC' });
  const rows = async (name: keyof typeof SQL, values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>({ name, text: SQL[name], values, rowMode: 'array', types: AS_TEXT })).rows;

  const answers: Readonly<Record<string, (variables: Body['variables']) => Promise<unknown>>> = {
    Q1: async ({ id = '' }) => {
      const key = Buffer.from(id, 'base64url').toString().slice('Customer:'.length);
      const [row] = await rows('one', [key]);
      if (row === undefined) return { customer: null };
      const requests = JSON.parse(row[15] ?? '[]') as [
        string,
        number,
        string,
        string,
        number,
        string,
        number,
        string,
        Level[],
      ][];
      return {
        customer: {
          id: global('Customer', key),
          number: row[0],
          name: row[1],
          stage: row[2],
          region: row[3],
          industry: row[4] === null ? null : { code: row[4], nameZh: row[5], nameEn: row[6] },
          grade:
            row[7] === null
              ? null
              : {
                  inForce: grade(row[7] ?? null),
                  model: { value: row[8] },
                  basis: row[9],
                  version: Number(row[10]),
                  rating: {
                    id: global('Rating', row[11] ?? null),
                    score: row[12],
                    modelGrade: { value: row[13] },
                    ratedAt: iso(row[14] ?? ''),
                  },
                },
          openRequests: requests.map((request) => ({
            id: global('ChangeRequest', request[0]),
            number: `CR-${String(request[1]).padStart(6, '0')}`,
            kind: request[2],
            state: request[3],
            version: request[4],
            submittedAt: iso(request[5]),
            levels: levels(request[8], request[3], request[6]),
          })),
        },
      };
    },
    Q2: async ({ where }) => {
      const found = await rows('filtered', [where?.region.eq, where?.grade.gte]);
      return {
        customers: {
          nodes: found.slice(0, 50).map((row) => ({
            id: global('Customer', row[0] ?? null),
            number: row[1],
            name: row[2],
            stage: row[3],
            region: row[4],
            grade: {
              inForce: grade(row[5] ?? null),
              rating: { id: global('Rating', row[6] ?? null), score: row[7], ratedAt: iso(row[8] ?? '') },
            },
          })),
          pageInfo: pageInfo(found, digests['Q2'] ?? '', (row) => [row[1] ?? null]),
        },
      };
    },
    Q3: async () => {
      const found = await rows('inbox', [new Date(), person.id, person.roles]);
      return {
        changeRequests: {
          nodes: found.slice(0, 50).map((row) => ({
            id: global('ChangeRequest', row[0] ?? null),
            number: `CR-${(row[1] ?? '').padStart(6, '0')}`,
            kind: row[2],
            state: row[3],
            version: Number(row[4]),
            submittedAt: iso(row[5] ?? ''),
            decideBy: iso(row[6] ?? ''),
            customer:
              row[8] === null ? null : { id: global('Customer', row[8] ?? null), number: row[9], name: row[10] },
            levels: levels(JSON.parse(row[11] ?? '[]') as Level[], row[3] ?? null, Number(row[7])),
          })),
          pageInfo: pageInfo(found, digests['Q3'] ?? '', (row) => [row[5] ?? null, row[0] ?? null]),
        },
      };
    },
    Q4: async ({ after = '' }) => {
      const [digest = '', , number] = JSON.parse(Buffer.from(after, 'base64url').toString()) as string[];
      const found = await rows('deep', [number]);
      return {
        customers: {
          nodes: found.slice(0, 50).map((row) => ({
            id: global('Customer', row[0] ?? null),
            number: row[1],
            name: row[2],
            stage: row[3],
            grade: row[4] === null ? null : { inForce: grade(row[4] ?? null) },
          })),
          pageInfo: pageInfo(found, digest, (row) => [row[1] ?? null]),
        },
      };
    },
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as Body;
      const answer = answers[query.slice(6, 8)];
      if (answer === undefined) throw new Error(`unknown read ${query.slice(0, 20)}`);
      answer(variables).then(
        (data) => {
          const text = JSON.stringify({ data });
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
          response.end(text);
        },
        (error: unknown) => {
          response.writeHead(500);
          response.end(String(error));
        },
      );
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
  });
};

process.once('message', (message) => {
  void serve(message as Parameters<typeof serve>[0]);
});
process.once('disconnect', () => process.exit());
