/** What follows from a risk event: the warning, the indicator, the re-rating, the review of the limit (D25, R12, R31). */
import { addBusinessDays, beginOfDay, localDay } from '../../kernel/business-days';
import { Decimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { SEVERITIES, type RiskEventRule, type Severity } from '../../policies/domain/risk-event-policy';
import type { ReratingCalendar } from '../../policies/domain/rerating-calendar';
import type { Warning } from './warning';

export interface RiskEventFacts {
  readonly occurredAt: Date;
  /** Plain decimal; null where the event brings none. */
  readonly value: string | null;
}

export interface EventAnswer {
  readonly severity: Severity;
  /** Begin of the business day by which somebody has to have decided. */
  readonly deadline: Date;
  /** Null: the calendar alone says when the customer is rated again. */
  readonly rerate: { readonly debounceSeconds: number; readonly deadline: Date } | null;
  readonly reviewLimit: boolean;
}

/** `open`: the warning of this kind that the customer has already. Refuses OUT_OF_RANGE.FUTURE_DATE and REQUIRED.VALUE. */
export const answerEvent = (
  open: Pick<Warning, 'severity' | 'deadline'> | null,
  event: RiskEventFacts,
  rule: RiskEventRule,
  calendar: ReratingCalendar,
  at: Date,
): Result<EventAnswer> => {
  if (event.occurredAt > at) {
    return refuse('OUT_OF_RANGE', 'The event lies in the future.', { reason: 'FUTURE_DATE', field: ['occurredAt'] });
  }
  if (rule.indicator?.change === 'GIVEN' && event.value === null) {
    return refuse('REQUIRED', 'This kind of event brings a value.', { reason: 'VALUE', field: ['value'] });
  }
  const day = addBusinessDays(calendar, localDay(calendar, at), rule.decideWithinBusinessDays + 1);
  const deadline = beginOfDay(calendar, day);
  return ok({
    severity: open === null ? rule.severity : worse(open.severity, rule.severity),
    // What comes on top leaves nobody more time.
    deadline: open?.deadline != null && open.deadline < deadline ? open.deadline : deadline,
    rerate:
      rule.rerate === null
        ? null
        : {
            debounceSeconds: rule.rerate.debounceSeconds,
            deadline: new Date(at.getTime() + rule.rerate.deadlineMinutes * 60_000),
          },
    reviewLimit: rule.reviewLimit,
  });
};

const worse = (a: Severity, b: Severity): Severity => (SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b) ? a : b);

/** Value of the indicator after the event; `known` is what is on record, null where nothing is. */
export const impliedValue = (
  change: NonNullable<RiskEventRule['indicator']>,
  known: string | null,
  given: string | null,
): string => {
  if (change.change === 'SET') return change.value;
  if (change.change === 'ADD') return Decimal.max(0, new Decimal(known ?? 0).plus(change.value)).toFixed();
  if (given === null) throw new Error('the value was asked for before');
  return given;
};
