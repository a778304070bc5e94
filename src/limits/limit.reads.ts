/** How credit limits, the terms that the policy allows now, and their journal are read for screens. */
import { Decimal } from '../kernel/decimal';
import type { Grade } from '../kernel/grade';
import type { Actor } from '../kernel/actor';
import { permit } from '../identity';
import {
  computed,
  connection,
  int,
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

const mayRead = (viewer: Actor): boolean => permit(viewer, 'limit.read').ok;

const stored = 'stored';
const amount = numeric((t) => `${t}_stored.amount`, { join: stored });
const currency = text((t) => `${t}_stored.currency`, { join: stored });
const grade = text<Grade>('grade');
const turnover = numeric((t) => `${t}_turnover.value`, { join: 'turnover' });

export const createLimitReads = (policies: Pick<Policies, 'inForceAt'>): RoomReads => {
  const policyNow = ({ now }: ReadEnv): Promise<PolicyVersion<'LIMIT'>> => policies.inForceAt('LIMIT', now);
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
          turnover: (t) => `LEFT JOIN LATERAL (
            SELECT snapshot.values ->> '${TURNOVER_INDICATOR}' AS value FROM indicator_snapshot AS snapshot
            WHERE snapshot.customer_id = ${t}.customer_id AND snapshot.values ? '${TURNOVER_INDICATOR}'
            ORDER BY snapshot.as_of DESC, snapshot.recorded_at DESC, snapshot.id DESC LIMIT 1) AS ${t}_turnover ON true`,
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
          version: int((t) => `coalesce(${t}_stored.version, 0)`, { join: stored }),
          entries: connection(
            'CreditLimitEntry',
            (limit, entry) => `${entry}.customer_id = ${limit}.customer_id`,
            (t) => [
              { expression: `${t}.booked_at`, type: 'timestamptz', direction: 'DESC' },
              { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
            ],
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
          bookedAt: moment('booked_at'),
        },
      },
    ],
    links: {
      Customer: { creditLimit: one('CreditLimit', (customer, limit) => `${limit}.customer_id = ${customer}.id`) },
    },
  };
};

const money = (column: string) => computed({ amount: numeric(column), currency: text('currency') }, (held) => held);
