/** Reads policy versions; content is checked against its schema on the way out. */
import type { Actor } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Query } from '../platform/database';
import type { ListSource } from '../platform/read-model';
import { diffPolicy, type PolicyDifference } from './domain/diff-policy';
import {
  POLICY_SCHEMAS,
  type PolicyContent,
  type PolicyKind,
  type PolicyTestCase,
  type PolicyVersion,
} from './domain/policy';

interface PolicyRow {
  id: string;
  number: number;
  digest: string;
  effective_from: Date;
  /** Null for a version whose content has been checked. */
  content: unknown;
  test_cases: readonly PolicyTestCase[] | null;
}

interface Checked {
  readonly content: unknown;
  readonly testCases: readonly PolicyTestCase[];
}

/** Contents that have been checked, by version; a version never changes. */
let checked = new Map<string, Checked>();
const MAX_CHECKED = 100;

/** Ids of versions that need not be read again: `$1`. */
const COLUMNS = `id, number, digest, effective_from, CASE WHEN id <> ALL ($1::uuid[]) THEN content END AS content,
  CASE WHEN id <> ALL ($1::uuid[]) THEN test_cases END AS test_cases`;

/**
 * The version in force at a moment, of those published by `knownAt` where that is given. Takes the query of a transaction or
 * of the pool. Throws where there is none, which only happens before the installation was bootstrapped.
 */
export const policyInForce = async <K extends PolicyKind>(
  query: Query,
  kind: K,
  at: Date,
  knownAt: Date | null = null,
): Promise<PolicyVersion<K>> => {
  const known = checked;
  const [row] = await query<PolicyRow>(
    `SELECT ${COLUMNS} FROM policy_version WHERE kind = $2 AND effective_from <= $3
       AND ($4::timestamptz IS NULL OR published_at <= $4)
     ORDER BY number DESC LIMIT 1`,
    [[...known.keys()], kind, at, knownAt],
  );
  if (row === undefined) throw new Error(`no ${kind} policy is in force; the installation has not been bootstrapped`);
  return versionOf(kind, row, known);
};

/** The version of that number; null where there is none. */
export const policyNumbered = async <K extends PolicyKind>(
  query: Query,
  kind: K,
  number: number,
): Promise<PolicyVersion<K> | null> => {
  const known = checked;
  const [row] = await query<PolicyRow>(`SELECT ${COLUMNS} FROM policy_version WHERE kind = $2 AND number = $3`, [
    [...known.keys()],
    kind,
    number,
  ]);
  return row === undefined ? null : versionOf(kind, row, known);
};

const versionOf = <K extends PolicyKind>(
  kind: K,
  row: PolicyRow,
  known: ReadonlyMap<string, Checked>,
): PolicyVersion<K> => {
  const { content, testCases } = known.get(row.id) ?? checkedContent(kind, row);
  return {
    id: row.id,
    kind,
    number: row.number,
    content: content as PolicyContent<K>,
    digest: row.digest,
    effectiveFrom: row.effective_from,
    testCases,
  };
};

const checkedContent = (kind: PolicyKind, row: PolicyRow): Checked => {
  const version = { content: POLICY_SCHEMAS[kind].parse(row.content), testCases: row.test_cases ?? [] };
  if (checked.size >= MAX_CHECKED) checked = new Map();
  checked.set(row.id, version);
  return version;
};

/** All versions of a kind, the newest first. Needs `policy.read`. */
export const policyVersions = (viewer: Actor, kind: PolicyKind): Result<ListSource> => {
  const permitted = permit(viewer, 'policy.read');
  if (!permitted.ok) return permitted;
  return ok({
    model: 'PolicyVersion',
    alias: 'version',
    select: (params) => ({
      from: 'policy_version AS version',
      where: [`version.kind = ${params.add(kind)}`],
      order: [{ expression: 'version.number', type: 'integer', direction: 'DESC' }],
    }),
  });
};

/** What stands differently in two versions of one kind. Needs `policy.read`; refuses NOT_FOUND, and INVALID for two kinds. */
export const differenceBetween = async (
  query: Query,
  viewer: Actor,
  fromId: string,
  toId: string,
): Promise<Result<readonly PolicyDifference[]>> => {
  const permitted = permit(viewer, 'policy.read');
  if (!permitted.ok) return permitted;
  const rows = await query<{ id: string; kind: string; content: Json }>(
    'SELECT id, kind, content FROM policy_version WHERE id = ANY ($1)',
    [[fromId, toId]],
  );
  const [from, to] = [fromId, toId].map((id) => rows.find((row) => row.id === id));
  if (from === undefined || to === undefined) return refuse('NOT_FOUND', 'There is no such version of a policy.');
  if (from.kind !== to.kind) {
    return refuse('INVALID', 'versions of two kinds have nothing to be compared', { reason: 'OTHER_POLICY' });
  }
  return ok(diffPolicy(from.content, to.content));
};
