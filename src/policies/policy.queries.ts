/** Reads policy versions; content is checked against its schema on the way out. */
import type { Query } from '../platform/database';
import { POLICY_SCHEMAS, type PolicyContent, type PolicyKind, type PolicyVersion } from './domain/policy';

interface PolicyRow {
  id: string;
  kind: string;
  number: number;
  content: unknown;
  digest: string;
  effective_from: Date;
}

const COLUMNS = 'id, kind, number, content, digest, effective_from';

/**
 * The version in force at a moment, of those published by `knownAt` where that is given. Takes the query of a transaction or of the pool. Throws where there is none,
 * which only happens before the installation was bootstrapped.
 */
export const policyInForce = async <K extends PolicyKind>(
  query: Query,
  kind: K,
  at: Date,
  knownAt: Date | null = null,
): Promise<PolicyVersion<K>> => {
  const [row] = await query<PolicyRow>(
    `SELECT ${COLUMNS} FROM policy_version WHERE kind = $1 AND effective_from <= $2
       AND ($3::timestamptz IS NULL OR published_at <= $3)
     ORDER BY number DESC LIMIT 1`,
    [kind, at, knownAt],
  );
  if (row === undefined) throw new Error(`no ${kind} policy is in force; the installation has not been bootstrapped`);
  return versionOf(kind, row);
};

const versionOf = <K extends PolicyKind>(kind: K, row: PolicyRow): PolicyVersion<K> => ({
  id: row.id,
  kind,
  number: row.number,
  content: POLICY_SCHEMAS[kind].parse(row.content) as PolicyContent<K>,
  digest: row.digest,
  effectiveFrom: row.effective_from,
});
