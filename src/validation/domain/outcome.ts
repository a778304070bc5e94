/**
 * What became of a customer 「结果」: an event, whether it counts as bad, and the day it was seen. Which of the facts that
 * arrive are news is decided here; a fact once recorded is corrected by a newer one and never changed.
 */
import { refusal, type Refusal } from '../../kernel/refusal';

/** 破产, 违约. */
export const OUTCOME_EVENTS = ['BANKRUPTCY', 'DEFAULT'] as const;
export type OutcomeEvent = (typeof OUTCOME_EVENTS)[number];

export const isOutcomeEvent = (text: string): text is OutcomeEvent =>
  (OUTCOME_EVENTS as readonly string[]).includes(text);

export interface OutcomeFact {
  readonly customerId: string;
  readonly event: OutcomeEvent;
  /** False says that the event did not happen up to `observedOn`. */
  readonly bad: boolean;
  /** ISO date. */
  readonly observedOn: string;
}

/** Two facts under one key speak of the same thing; the newer one holds. */
export const outcomeKey = (fact: Pick<OutcomeFact, 'customerId' | 'event' | 'observedOn'>): string =>
  `${fact.customerId} ${fact.event} ${fact.observedOn}`;

export interface OutcomeDecision {
  /** In the order of arrival. */
  readonly news: readonly OutcomeFact[];
  /** Facts that say what is known already. */
  readonly unchanged: number;
  /** NOT_FOUND/CUSTOMER, INVALID/DATE and OUT_OF_RANGE/FUTURE, each with the index of its fact. */
  readonly rejected: readonly Refusal[];
}

/**
 * @param known the bad flag that holds, by {@link outcomeKey}
 * @param today ISO date; nothing is observed after it
 */
export const decideOutcomes = (
  facts: readonly OutcomeFact[],
  known: ReadonlyMap<string, boolean>,
  customers: ReadonlySet<string>,
  today: string,
): OutcomeDecision => {
  const holding = new Map(known);
  const news: OutcomeFact[] = [];
  const rejected: Refusal[] = [];
  let unchanged = 0;
  facts.forEach((fact, index) => {
    const fault = faultOf(fact, customers, today);
    if (fault !== null) {
      rejected.push({ ...fault, index });
    } else if (holding.get(outcomeKey(fact)) === fact.bad) {
      unchanged++;
    } else {
      holding.set(outcomeKey(fact), fact.bad);
      news.push(fact);
    }
  });
  return { news, unchanged, rejected };
};

const faultOf = (fact: OutcomeFact, customers: ReadonlySet<string>, today: string): Refusal | null => {
  if (!customers.has(fact.customerId)) {
    return refusal('NOT_FOUND', 'There is no such customer.', { reason: 'CUSTOMER', field: ['customerId'] });
  }
  if (!isCalendarDate(fact.observedOn)) {
    return refusal('INVALID', `${fact.observedOn} is not a date.`, { reason: 'DATE', field: ['observedOn'] });
  }
  if (fact.observedOn > today) {
    return refusal('OUT_OF_RANGE', `${fact.observedOn} is still to come.`, { reason: 'FUTURE', field: ['observedOn'] });
  }
  return null;
};

const isCalendarDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};
