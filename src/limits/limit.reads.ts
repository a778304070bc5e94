/** How credit limits, the terms that the policy allows now, and their journal are read for screens. */
import { Decimal } from '../kernel/decimal';
import type { Grade } from '../kernel/grade';
import type { Actor } from '../kernel/actor';
import { byActorId, permit } from '../identity';
import { indicatorOf } from '../indicators';
import { newestFirst } from '../platform/keyset';
import type { Query } from '../platform/database';
import {
  batched,
  bool,
  computed,
  connection,
  day,
  int,
  many,
  moment,
  numeric,
  one,
  prepared,
  text,
  type ReadEnv,
  type RoomReads,
} from '../platform/read-model';
import { termsAt, type LimitTerms, type Policies, type PolicyVersion } from '../policies';
import { TURNOVER_INDICATOR } from './domain/follow-grade';

/** Place of the turnover in packed values, from 1. */
const TURNOVER_ORDINAL = indicatorOf(TURNOVER_INDICATOR).ordinal;

const mayRead = (viewer: Actor): boolean => permit(viewer, 'limit.read').ok;

const stored = 'stored';
const amount = numeric((t) => `${t}_stored.amount`, { join: stored });
const currency = text((t) => `${t}_stored.currency`, { join: stored });
const grade = text<Grade>('grade');
const turnover = numeric((t) => `${t}_turnover.value`, { join: 'turnover' });

const used = numeric((t) => `coalesce(${t}_stored.used, 0.00)`, { join: stored });
const reserved = numeric((t) => `coalesce(${t}_stored.reserved, 0.00)`, { join: stored });
const fallsBackAt = moment((t) => `${t}_stored.falls_back_at`, { join: stored });
const fallsBackTo = numeric((t) => `${t}_stored.falls_back_to`, { join: stored });

export const createLimitReads = (policies: Pick<Policies, 'inForceAt'>, query: Query): RoomReads => {
  const policyNow = ({ now }: Pick<ReadEnv, 'now'>): Promise<PolicyVersion<'LIMIT'>> =>
    policies.inForceAt('LIMIT', now);
  const inCurrency = <Needs extends Readonly<Record<string, ReturnType<typeof numeric>>>>(
    needs: Needs,
    amountOf: (parts: Readonly<Record<keyof Needs, string | null>>, now: Date) => string | null,
  ) =>
    prepared({ ...needs, currency }, policyNow, (held, { now }, policy) => {
      const shown = amountOf(held as Readonly<Record<keyof Needs, string | null>>, now);
      return shown === null
        ? null
        : { amount: shown, currency: (held.currency as string | null) ?? policy.content.currency };
    });
  const term = (show: (terms: LimitTerms) => unknown) =>
    prepared({ grade, turnover }, policyNow, (parts, _, policy) =>
      show(termsAt(policy.content, parts.grade, parts.turnover === null ? null : new Decimal(parts.turnover))),
    );

  return {
    models: [
      {
        name: 'CreditLimit',
        // Whoever has a grade has a limit, be it nothing.
        table: (t) => `customer_grade AS ${t}`,
        key: 'customer_id',
        mayRead,
        joins: {
          stored: (t) => `LEFT JOIN credit_limit AS ${t}_stored ON ${t}_stored.customer_id = ${t}.customer_id`,
          freeze: (t) =>
            `LEFT JOIN credit_freeze AS ${t}_freeze ON ${t}_freeze.customer_id = ${t}.customer_id AND ${t}_freeze.lifted_at IS NULL`,
          turnover: (t) => `LEFT JOIN LATERAL (
            SELECT snapshot.values ->> '${TURNOVER_INDICATOR}' AS value
            FROM indicator_origin AS origin
            JOIN indicator_snapshot AS snapshot ON snapshot.id = origin.snapshot_ids[${TURNOVER_ORDINAL}]
            WHERE origin.customer_id = ${t}.customer_id) AS ${t}_turnover ON true`,
        },
        fields: {
          approved: prepared({ amount, currency }, policyNow, (held, _, policy) => ({
            amount: held.amount ?? '0.00',
            currency: held.currency ?? policy.content.currency,
          })),
          allowed: term((terms) => ({ amount: terms.amount, currency: terms.currency })),
          paymentTermDays: term((terms) => terms.paymentTermDays),
          newBusinessAllowed: term((terms) => terms.newBusinessAllowed),
          updatedAt: moment((t) => `${t}_stored.updated_at`, { join: stored }),
          used: inCurrency({ used }, (held) => held.used),
          reserved: inCurrency({ reserved }, (held) => held.reserved),
          available: inCurrency({ amount, used, reserved, fallsBackAt, fallsBackTo }, availableOf),
          frozen: bool((t) => `${t}_freeze.id IS NOT NULL`, { join: 'freeze' }),
          freeze: one(
            'CreditFreeze',
            (limit, freeze) => `${freeze}.customer_id = ${limit}.customer_id AND ${freeze}.lifted_at IS NULL`,
          ),
          reviewOn: day((t) => `${t}_stored.review_on`, { join: stored }),
          fallsBackAt,
          fallsBackTo: inCurrency({ fallsBackTo }, (held) => held.fallsBackTo),
          subLimits: many(
            'CreditSubLimit',
            (limit, part) => `${part}.customer_id = ${limit}.customer_id`,
            (t) => `${t}.product`,
          ),
          overUse: many(
            'CreditOverUse',
            (limit, over) => `${over}.customer_id = ${limit}.customer_id AND ${over}.ended_at IS NULL`,
            (t) => `${t}.found_at, ${t}.id`,
          ),
          groupExposure: batched({ customerId: text('customer_id') }, (limits, { now }) =>
            groupExposures(
              query,
              policyNow,
              limits.map(({ customerId }) => customerId),
              now,
            ),
          ),
          exposureEntries: connection(
            'ExposureEntry',
            (limit, entry) => `${entry}.customer_id = ${limit}.customer_id`,
            (t) => [{ expression: `${t}.number`, type: 'int', direction: 'DESC' }],
          ),
          version: int((t) => `coalesce(${t}_stored.version, 0)`, { join: stored }),
          entries: connection(
            'CreditLimitEntry',
            (limit, entry) => `${entry}.customer_id = ${limit}.customer_id`,
            (t) => newestFirst(t, 'booked_at'),
          ),
        },
      },
      {
        name: 'CreditLimitEntry',
        table: (t) => `credit_limit_entry AS ${t}`,
        key: 'id',
        mayRead,
        fields: {
          kind: text('kind'),
          before: money('before'),
          after: money('after'),
          until: moment('until'),
          bookedAt: moment('booked_at'),
        },
      },
      {
        name: 'CreditFreeze',
        table: (t) => `credit_freeze AS ${t}`,
        key: 'id',
        mayRead,
        fields: {
          reason: text('reason'),
          frozenAt: moment('frozen_at'),
          frozenBy: one('User', byActorId('frozen_by')),
        },
      },
      {
        name: 'CreditSubLimit',
        table: (t) => `(SELECT part.*, held.currency, part.customer_id || part.product AS id
          FROM credit_sub_limit AS part JOIN credit_limit AS held USING (customer_id)) AS ${t}`,
        key: 'id',
        mayRead,
        fields: {
          product: text('product'),
          limit: computed({ amount: numeric('amount'), currency: text('currency') }, (held) =>
            (held.amount as string | null) === null ? null : held,
          ),
          used: money('used'),
          reserved: money('reserved'),
        },
      },
      {
        name: 'CreditOverUse',
        table: (t) => `credit_over_use AS ${t}`,
        key: 'id',
        mayRead,
        joins: {
          now: (t) => `LEFT JOIN credit_limit AS ${t}_held ON ${t}_held.customer_id = ${t}.customer_id
            LEFT JOIN credit_sub_limit AS ${t}_part ON ${t}_part.customer_id = ${t}.customer_id AND ${t}_part.product = ${t}.product`,
        },
        fields: {
          product: text((t) => `nullif(${t}.product, '')`),
          limit: moneyNow(numeric('limit_amount')),
          exposure: moneyNow(numeric('exposure')),
          excess: moneyNow(numeric(excessOf, { join: 'now' })),
          foundAt: moment('found_at'),
          customer: one('Customer', (over, customer) => `${customer}.id = ${over}.customer_id`),
        },
      },
      {
        name: 'ExposureEntry',
        table: (t) => `exposure_entry AS ${t}`,
        key: 'id',
        mayRead,
        fields: {
          number: int('number'),
          kind: text('kind'),
          reference: text('reference'),
          product: text((t) => `nullif(${t}.product, '')`),
          amount: money('amount'),
          usedAfter: money('used_after'),
          reservedAfter: money('reserved_after'),
          expiresAt: moment('expires_at'),
          bookedAt: moment('booked_at'),
          bookedBy: one('User', byActorId('booked_by')),
        },
      },
    ],
    links: {
      Customer: { creditLimit: one('CreditLimit', (customer, limit) => `${limit}.customer_id = ${customer}.id`) },
    },
  };
};

const money = (column: string) => computed({ amount: numeric(column), currency: text('currency') }, (held) => held);

/** In the currency of the limit that is joined as it is now. */
const moneyNow = (amountThere: ReturnType<typeof numeric>) =>
  computed({ amount: amountThere, currency: text((t) => `${t}_held.currency`, { join: 'now' }) }, (held) => held);

/** By how much more is in use and reserved than the limit, or the sub-limit where it is one of a product. */
const excessOf = (t: string): string => {
  const above = (part: string): string => `${t}_${part}.used + ${t}_${part}.reserved - ${t}_${part}.amount`;
  return `greatest(CASE ${t}.product WHEN '' THEN ${above('held')} ELSE coalesce(${above('part')}, 0) END, 0)`;
};

/** What is left of the limit in force; a temporary raise that is over counts no more. */
const availableOf = (
  held: { readonly [part in 'amount' | 'used' | 'reserved' | 'fallsBackAt' | 'fallsBackTo']: string | null },
  now: Date,
): string => {
  const isOver = held.fallsBackAt !== null && new Date(held.fallsBackAt) <= now;
  const limit = Decimal.min(held.amount ?? 0, isOver ? (held.fallsBackTo ?? 0) : (held.amount ?? 0));
  return Decimal.max(limit.minus(held.used ?? 0).minus(held.reserved ?? 0), 0).toFixed(2);
};

interface GroupRow {
  readonly members: number;
  readonly exposure: string;
  readonly limit: string | null;
}

/** In the order of the customers; null outside of groups. */
const groupExposures = async (
  query: Query,
  policyNow: (env: Pick<ReadEnv, 'now'>) => Promise<PolicyVersion<'LIMIT'>>,
  customerIds: readonly string[],
  now: Date,
) => {
  const { content } = await policyNow({ now });
  const rows = await query<GroupRow>(
    `SELECT cardinality(members) AS members,
       (SELECT coalesce(sum(used + reserved), 0)::numeric(20, 2)::text FROM credit_limit WHERE customer_id = ANY (members)) AS exposure,
       least($2::numeric, (SELECT min(amount) FROM group_limit WHERE customer_id = ANY (members)))::numeric(20, 2)::text AS limit
     FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place) CROSS JOIN LATERAL customer_group(id) AS members
     ORDER BY place`,
    [customerIds, content.groupLimit ?? null],
  );
  const shown = (money: string) => ({ amount: money, currency: content.currency });
  return rows.map(({ members, exposure, limit }) =>
    members === 1 ? null : { members, exposure: shown(exposure), limit: limit === null ? null : shown(limit) },
  );
};
