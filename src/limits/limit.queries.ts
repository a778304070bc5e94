/** Reads credit limits with the terms that the policy allows now, and their journal. It never writes. */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import type { CappedCount, Page, PageRequest } from '../kernel/page';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { countCapped, fetchPage, SqlParams, type PagedSelect } from '../platform/keyset';
import { termsAt, type LimitTerms } from '../policies';
import { TURNOVER_INDICATOR } from './domain/follow-grade';
import type { LimitDeps } from './limit.commands';

export interface CreditLimit {
  readonly customerId: string;
  readonly amount: string;
  readonly currency: string;
  /** 0 where nothing was ever approved. */
  readonly version: number;
  readonly updatedAt: Date | null;
  /** What the policy allows at the grade in force. */
  readonly terms: LimitTerms;
}

export interface CreditLimitEntry {
  readonly id: string;
  readonly kind: 'OPENING' | 'POLICY_CUT' | 'RAISE';
  readonly before: string;
  readonly after: string;
  readonly currency: string;
  readonly causeId: string;
  readonly bookedAt: Date;
  readonly bookedBy: string;
}

export const createLimitQueries = (deps: LimitDeps & { database: Database }) => ({
  /** Limits of rated customers; others are left out. Needs `limit.read`, else none. */
  of: async (viewer: Actor, customerIds: readonly string[], now: Date): Promise<CreditLimit[]> => {
    if (!permit(viewer, 'limit.read').ok) return [];
    const { query } = deps.database;
    const [policy, grades, limits, turnover] = await Promise.all([
      deps.policies.inForceAt('LIMIT', now),
      deps.ratings.queries.gradesOf(viewer, customerIds),
      query<{ customerId: string; amount: string; currency: string; version: number; updatedAt: Date }>(
        `SELECT customer_id AS "customerId", amount::text, currency, version, updated_at AS "updatedAt"
         FROM credit_limit WHERE customer_id = ANY ($1)`,
        [customerIds],
      ),
      deps.indicators.currentValues(query, TURNOVER_INDICATOR, customerIds),
    ]);
    const stored = new Map(limits.map((limit) => [limit.customerId, limit]));
    return grades.map(({ customerId, grade }) => {
      const yearly = turnover.get(customerId);
      return {
        customerId,
        amount: '0.00',
        currency: policy.content.currency,
        version: 0,
        updatedAt: null,
        ...stored.get(customerId),
        terms: termsAt(policy.content, grade, yearly === undefined ? null : new Decimal(yearly)),
      };
    });
  },

  /** Newest first. Needs `limit.read`. */
  entries: async (viewer: Actor, customerId: string, page: PageRequest): Promise<Result<Page<CreditLimitEntry>>> => {
    const permitted = permit(viewer, 'limit.read');
    if (!permitted.ok) return permitted;
    return ok(await fetchPage<CreditLimitEntry>(deps.database.query, entrySelect(customerId), page));
  },

  countEntries: async (viewer: Actor, customerId: string): Promise<Result<CappedCount>> => {
    const permitted = permit(viewer, 'limit.read');
    return permitted.ok ? ok(await countCapped(deps.database.query, entrySelect(customerId))) : permitted;
  },
});

export type LimitQueries = ReturnType<typeof createLimitQueries>;

const entrySelect = (customerId: string): PagedSelect => {
  const params = new SqlParams();
  return {
    select: `id, kind, before::text, after::text, currency, cause_id AS "causeId",
             booked_at AS "bookedAt", booked_by AS "bookedBy"`,
    from: 'credit_limit_entry',
    where: [`customer_id = ${params.add(customerId)}`],
    params,
    order: [
      { expression: 'booked_at', type: 'timestamptz', direction: 'DESC' },
      { expression: 'id', type: 'uuid', direction: 'DESC' },
    ],
  };
};
