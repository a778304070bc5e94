/** Reads credit limits and their journal as they were, with the terms that the policy allowed then. It never writes. */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database } from '../platform/database';
import { newestFirst } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { termsAt, type LimitTerms, type PolicyVersion } from '../policies';
import type { PastGrade } from '../ratings';
import { TURNOVER_INDICATOR } from './domain/follow-grade';
import type { LimitDeps } from './limit.commands';

export interface CreditLimit {
  readonly customerId: string;
  readonly amount: string;
  readonly currency: string;
  /** 0 where nothing was ever approved. */
  readonly version: number;
  readonly updatedAt: Date | null;
  readonly used: string;
  readonly reserved: string;
  readonly frozen: boolean;
  /** What the policy allows at the grade in force. */
  readonly terms: LimitTerms;
}

export const createLimitQueries = (deps: LimitDeps & { database: Database }) => ({
  /** Limits of customers that were rated in the past, with the terms of then. Needs `limit.read`, `rating.read` and `audit.read`. */
  at: async (viewer: Actor, customerIds: readonly string[], at: Moments): Promise<Result<CreditLimit[]>> => {
    const permitted = permitPast(viewer, 'limit.read');
    if (!permitted.ok) return permitted;
    const { query } = deps.database;
    const grades = await deps.ratings.queries.gradesAt(viewer, customerIds, at);
    if (!grades.ok) return grades;
    // Before the first grade there may be no policy yet.
    if (grades.value.length === 0) return ok([]);
    const [policy, limits, turnover] = await Promise.all([
      deps.policies.inForceLookingBack('LIMIT', at),
      query<StoredLimit>(
        `SELECT moved.*, coalesce(booked.used, '0.00') AS used, coalesce(booked.reserved, '0.00') AS reserved,
           EXISTS (SELECT FROM credit_freeze WHERE customer_id = moved."customerId" AND frozen_at <= $2
                   AND (lifted_at IS NULL OR lifted_at > $2)) AS frozen
         FROM (
           SELECT DISTINCT ON (customer_id) customer_id AS "customerId", after::text AS amount, currency,
             (count(*) OVER (PARTITION BY customer_id))::int AS version, booked_at AS "updatedAt"
           FROM credit_limit_entry WHERE customer_id = ANY ($1) AND booked_at <= $2
           ORDER BY customer_id, booked_at DESC, id DESC) AS moved
         LEFT JOIN LATERAL (
           SELECT used_after::text AS used, reserved_after::text AS reserved FROM exposure_entry
           WHERE customer_id = moved."customerId" AND booked_at <= $2 ORDER BY number DESC LIMIT 1) AS booked ON true`,
        [customerIds, decidedBy(at)],
      ),
      deps.indicators.currentValues(query, TURNOVER_INDICATOR, customerIds, at),
    ]);
    return ok(limitsOf({ policy, grades: grades.value, limits, turnover }));
  },

  /** Everybody who uses more than he may, the newest first. Needs `limit.read`. */
  overUses: (viewer: Actor): Result<ListSource> => {
    const permitted = permit(viewer, 'limit.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'CreditOverUse',
      alias: 'over_use',
      select: () => ({
        from: 'credit_over_use AS over_use',
        where: ['over_use.ended_at IS NULL'],
        order: newestFirst('over_use', 'found_at'),
      }),
    });
  },

  /** The journal of use as it was in the past, newest first. Needs `limit.read` and `audit.read`. */
  exposureEntriesAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> => {
    const permitted = permitPast(viewer, 'limit.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'ExposureEntry',
      alias: 'entry',
      select: (params) => ({
        from: 'exposure_entry AS entry',
        where: [`entry.customer_id = ${params.add(customerId)}`, `entry.booked_at <= ${params.add(decidedBy(at))}`],
        order: [{ expression: 'entry.number', type: 'int', direction: 'DESC' }],
      }),
    });
  },

  /** The journal as it was in the past, newest first. Needs `limit.read` and `audit.read`. */
  entriesAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> => {
    const permitted = permitPast(viewer, 'limit.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'CreditLimitEntry',
      alias: 'entry',
      select: (params) => ({
        from: 'credit_limit_entry AS entry',
        where: [`entry.customer_id = ${params.add(customerId)}`, `entry.booked_at <= ${params.add(decidedBy(at))}`],
        order: newestFirst('entry', 'booked_at'),
      }),
    });
  },
});

export type LimitQueries = ReturnType<typeof createLimitQueries>;

type StoredLimit = Omit<CreditLimit, 'terms'>;

/** Limits with their terms; a rated customer to whom nothing was ever approved has one of nothing. */
const limitsOf = (facts: {
  readonly policy: PolicyVersion<'LIMIT'>;
  readonly grades: readonly PastGrade[];
  readonly limits: readonly StoredLimit[];
  readonly turnover: ReadonlyMap<string, string>;
}): CreditLimit[] => {
  const { content } = facts.policy;
  const stored = new Map(facts.limits.map((limit) => [limit.customerId, limit]));
  return facts.grades.map(({ customerId, grade }) => {
    const yearly = facts.turnover.get(customerId);
    return {
      customerId,
      amount: '0.00',
      currency: content.currency,
      version: 0,
      updatedAt: null,
      used: '0.00',
      reserved: '0.00',
      frozen: false,
      ...stored.get(customerId),
      terms: termsAt(content, grade, yearly === undefined ? null : new Decimal(yearly)),
    };
  });
};
