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

export interface Outcome {
  readonly event: OutcomeEvent;
  /** False says that the event did not happen up to `observedOn`. */
  readonly bad: boolean;
  /** ISO date. */
  readonly observedOn: string;
}

/** An outcome as it arrives, of a customer named by number. */
export interface OutcomeClaim extends Outcome {
  readonly number: string;
}

export interface OutcomeFact extends Outcome {
  readonly customerId: string;
}

/** Two facts of one source under one key speak of the same thing; the newer one holds. Sources stand side by side. */
export const outcomeKey = (fact: Omit<OutcomeFact, 'bad'>): string =>
  `${fact.customerId} ${fact.event} ${fact.observedOn}`;

export interface OutcomeDecision {
  /** In the order of arrival. */
  readonly news: readonly OutcomeFact[];
  /** Claims that say what is known already. */
  readonly unchanged: number;
  /** NOT_FOUND/CUSTOMER, INVALID/DATE and OUT_OF_RANGE/FUTURE, each with the index of its claim. */
  readonly rejected: readonly Refusal[];
}

export interface OutcomeKnowledge {
  /** Customer ids by number. */
  readonly customerIds: ReadonlyMap<string, string>;
  /** The bad flag that holds by the word of the same source, by {@link outcomeKey}. */
  readonly holding: ReadonlyMap<string, boolean>;
  /** ISO date; nothing is observed after it. */
  readonly today: string;
}

export const decideOutcomes = (claims: readonly OutcomeClaim[], known: OutcomeKnowledge): OutcomeDecision => {
  const holding = new Map(known.holding);
  const news: OutcomeFact[] = [];
  const rejected: Refusal[] = [];
  let unchanged = 0;
  claims.forEach(({ number, event, bad, observedOn }, index) => {
    const customerId = known.customerIds.get(number);
    if (customerId === undefined) {
      rejected.push(
        refusal('NOT_FOUND', `There is no party ${number}.`, { reason: 'CUSTOMER', field: ['number'], index }),
      );
      return;
    }
    const fault = dateFault(observedOn, known.today);
    if (fault !== null) {
      rejected.push({ ...fault, index });
      return;
    }
    const fact = { customerId, event, bad, observedOn };
    if (holding.get(outcomeKey(fact)) === bad) {
      unchanged++;
      return;
    }
    holding.set(outcomeKey(fact), bad);
    news.push(fact);
  });
  return { news, unchanged, rejected };
};

const dateFault = (text: string, today: string): Refusal | null => {
  if (!isCalendarDate(text)) {
    return refusal('INVALID', `${text} is not a date.`, { reason: 'DATE', field: ['observedOn'] });
  }
  if (text > today) {
    return refusal('OUT_OF_RANGE', `${text} is still to come.`, { reason: 'FUTURE', field: ['observedOn'] });
  }
  return null;
};

const isCalendarDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};
