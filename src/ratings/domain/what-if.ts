/**
 * What a simulation comes to: who would move between grades and with how much exposure, what limits and terms would become, and
 * how far the scores would drift. Counted chunk by chunk and added up; the order of chunks does not matter.
 */
/* eslint-disable no-param-reassign -- sums are the sheet's own, counted up for a million customers. */
import { Decimal } from '../../kernel/decimal';
import { notchesBetween, rankOf, type Grade } from '../../kernel/grade';
import { TIERS, type Tier } from '../../policies/domain/tier-matrix';
import type { Basis } from './follow-grade';
import { populationStability, scoreBin, SCORE_BINS } from './population-stability';

/** What a grade in force means for a limit, before and after, by the limit policy. */
export interface GradeConsequence {
  /** Credit in use, or the approved limit where no use is on record; two places. */
  readonly exposure: string;
  readonly currency: string;
  /** Approved before, and what is left of it: limits are cut at once and never raised by themselves. */
  readonly limitBefore: string;
  readonly limitAfter: string;
  /** Largest amount that may be asked for; null where nothing moved that it depends on, and before a first grade. */
  readonly allowedBefore: string | null;
  readonly allowedAfter: string | null;
  /** Null before a first grade. */
  readonly termDaysBefore: number | null;
  readonly termDaysAfter: number;
  readonly newBusinessBefore: boolean | null;
  readonly newBusinessAfter: boolean;
}

/** Null without a value score, and before where none was assigned yet. */
export interface TierConsequence {
  readonly before: Tier | null;
  readonly after: Tier | null;
}

/** One customer, before and after. */
export interface WeighedCustomer {
  /** By the model; null before a first rating, as are the grade in force and the score. */
  readonly modelBefore: Grade | null;
  readonly modelAfter: Grade;
  /** In force. */
  readonly gradeBefore: Grade | null;
  readonly gradeAfter: Grade;
  readonly basisAfter: Basis;
  readonly scoreBeforeE4: number | null;
  readonly scoreAfterE4: number;
  readonly consequence: GradeConsequence;
  readonly tier: TierConsequence;
}

/** Customers that go from one to the other, and how much they owe or may owe. */
export interface Crossing<Place> {
  readonly from: Place;
  readonly to: Place;
  readonly count: number;
  /** Two places. */
  readonly exposure: string;
}

interface AmountOf {
  readonly count: number;
  readonly amount: string;
}

/** Counts that add up. */
export interface Tally {
  readonly model: readonly Crossing<Grade | null>[];
  readonly inForce: readonly Crossing<Grade | null>[];
  /** Only where it would change. */
  readonly termDays: readonly Crossing<number>[];
  readonly tiers: readonly Crossing<Tier | null>[];
  readonly movers: number;
  readonly held: number;
  readonly cut: AmountOf;
  readonly raisable: AmountOf;
  readonly stopped: AmountOf;
  readonly reopened: AmountOf;
  /** Of those rated before and after, customers in each bin of scores. */
  readonly scoresBefore: readonly number[];
  readonly scoresAfter: readonly number[];
}

/** A customer of whom a grade, the tier, the approved limit or the payment term would change; nobody is one at a first rating. */
export const isMover = ({
  modelBefore,
  modelAfter,
  gradeBefore,
  gradeAfter,
  consequence,
  tier,
}: WeighedCustomer): boolean =>
  modelBefore !== null &&
  (modelBefore !== modelAfter ||
    gradeBefore !== gradeAfter ||
    (tier.before !== null && tier.before !== tier.after) ||
    consequence.limitBefore !== consequence.limitAfter ||
    consequence.termDaysBefore !== consequence.termDaysAfter);

interface Sum {
  count: number;
  amount: Decimal;
}
const nothing = (): Sum => ({ count: 0, amount: new Decimal(0) });
const ZERO = new Decimal(0);

/** Adds customers and tallies up. */
export class TallySheet {
  private readonly model = new Map<string, Sum & { from: Grade | null; to: Grade | null }>();
  private readonly inForce = new Map<string, Sum & { from: Grade | null; to: Grade | null }>();
  private readonly termDays = new Map<string, Sum & { from: number; to: number }>();
  private readonly tiers = new Map<string, Sum & { from: Tier | null; to: Tier | null }>();
  private readonly cut = nothing();
  private readonly raisable = nothing();
  private readonly stopped = nothing();
  private readonly reopened = nothing();
  private readonly scoresBefore = new Array<number>(SCORE_BINS).fill(0);
  private readonly scoresAfter = new Array<number>(SCORE_BINS).fill(0);
  private movers = 0;
  private held = 0;

  add(weighed: WeighedCustomer): void {
    const { consequence: after, scoreBeforeE4, scoreAfterE4 } = weighed;
    const exposure = amountOf(after.exposure);
    addTo(this.model, weighed.modelBefore, weighed.modelAfter, 1, exposure);
    addTo(this.inForce, weighed.gradeBefore, weighed.gradeAfter, 1, exposure);
    const { tier } = weighed;
    if (tier.after !== null && tier.before !== tier.after) addTo(this.tiers, tier.before, tier.after, 1, exposure);
    if (isMover(weighed)) this.movers += 1;
    if (weighed.basisAfter === 'HELD') this.held += 1;
    if (scoreBeforeE4 !== null) {
      countIn(this.scoresBefore, scoreBin(scoreBeforeE4));
      countIn(this.scoresAfter, scoreBin(scoreAfterE4));
    }
    if (after.limitAfter !== after.limitBefore) {
      addSum(this.cut, 1, amountOf(after.limitBefore).minus(after.limitAfter));
    }
    const { termDaysBefore, termDaysAfter, newBusinessBefore, newBusinessAfter } = after;
    if (termDaysBefore === null || newBusinessBefore === null) return;
    if (termDaysBefore !== termDaysAfter) addTo(this.termDays, termDaysBefore, termDaysAfter, 1, exposure);
    if (newBusinessBefore !== newBusinessAfter) addSum(newBusinessAfter ? this.reopened : this.stopped, 1, exposure);
    if (after.allowedBefore === null || after.allowedAfter === null) return;
    const more = new Decimal(after.allowedAfter).minus(after.allowedBefore);
    if (more.gt(0)) addSum(this.raisable, 1, more);
  }

  addTally(tally: Tally): void {
    for (const { from, to, count, exposure } of tally.model) addTo(this.model, from, to, count, amountOf(exposure));
    for (const { from, to, count, exposure } of tally.inForce) addTo(this.inForce, from, to, count, amountOf(exposure));
    for (const { from, to, count, exposure } of tally.termDays)
      addTo(this.termDays, from, to, count, amountOf(exposure));
    for (const { from, to, count, exposure } of tally.tiers) addTo(this.tiers, from, to, count, amountOf(exposure));
    for (const name of ['cut', 'raisable', 'stopped', 'reopened'] as const) {
      addSum(this[name], tally[name].count, amountOf(tally[name].amount));
    }
    tally.scoresBefore.forEach((count, bin) => countIn(this.scoresBefore, bin, count));
    tally.scoresAfter.forEach((count, bin) => countIn(this.scoresAfter, bin, count));
    this.movers += tally.movers;
    this.held += tally.held;
  }

  total(): Tally {
    return {
      model: gradeCrossings(this.model.values()),
      inForce: gradeCrossings(this.inForce.values()),
      termDays: [...this.termDays.values()].map(shownCrossing).sort((a, b) => a.from - b.from || a.to - b.to),
      tiers: tierCrossings(this.tiers.values()),
      movers: this.movers,
      held: this.held,
      cut: shownSum(this.cut),
      raisable: shownSum(this.raisable),
      stopped: shownSum(this.stopped),
      reopened: shownSum(this.reopened),
      scoresBefore: [...this.scoresBefore],
      scoresAfter: [...this.scoresAfter],
    };
  }
}

const amountOf = (amount: string): Decimal => (amount === '0.00' ? ZERO : new Decimal(amount));

const addSum = (sum: Sum, count: number, amount: Decimal): void => {
  sum.count += count;
  if (amount !== ZERO) sum.amount = sum.amount.plus(amount);
};

const addTo = <Place extends string | number | null>(
  cells: Map<string, Sum & { from: Place; to: Place }>,
  from: Place,
  to: Place,
  count: number,
  amount: Decimal,
): void => {
  const key = `${from}>${to}`;
  let cell = cells.get(key);
  if (cell === undefined) cells.set(key, (cell = { ...nothing(), from, to }));
  addSum(cell, count, amount);
};

const countIn = (bins: number[], bin: number, count = 1): void => {
  bins[bin] = (bins[bin] ?? 0) + count;
};

const shownSum = ({ count, amount }: Sum): AmountOf => ({ count, amount: amount.toFixed(2) });

const shownCrossing = <Place>(cell: Sum & { from: Place; to: Place }): Crossing<Place> => ({
  from: cell.from,
  to: cell.to,
  count: cell.count,
  exposure: cell.amount.toFixed(2),
});

/** Best grades first, first ratings last. */
const gradeCrossings = (cells: Iterable<Sum & { from: Grade | null; to: Grade | null }>): Crossing<Grade | null>[] => {
  const rank = (grade: Grade | null): number => (grade === null ? 0 : rankOf(grade));
  return [...cells].map(shownCrossing).sort((a, b) => rank(b.from) - rank(a.from) || rank(b.to) - rank(a.to));
};

/** Best tiers first, first tiers last. */
const tierCrossings = (cells: Iterable<Sum & { from: Tier | null; to: Tier | null }>): Crossing<Tier | null>[] => {
  const place = (tier: Tier | null): number => (tier === null ? TIERS.length : TIERS.indexOf(tier));
  return [...cells].map(shownCrossing).sort((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to));
};

/** A crossing with its share of all who were rated, six places. */
type Shared<Place> = Crossing<Place> & { readonly share: string };

/** What a simulation came to. It is what approvers see, and part of what they decide on. */
export interface WhatIfFigures {
  readonly customers: number;
  readonly rated: number;
  /** Customers that could not be rated, by reason, most first. */
  readonly failures: readonly { readonly reason: string; readonly count: number }[];
  readonly currency: string;
  /** Of everybody rated. */
  readonly exposure: string;
  /** Migration matrix of the model grades, only cells that somebody is in; `from` is null at a first rating. */
  readonly model: readonly Shared<Grade | null>[];
  /** The same of the grades in force: overrides stay, and much better grades wait for a checker. */
  readonly inForce: readonly Shared<Grade | null>[];
  readonly movers: number;
  /** Customers whose better grade would wait for a checker. */
  readonly held: number;
  readonly limits: {
    /** Limits that would be cut, and by how much together. */
    readonly cut: AmountOf;
    /** Customers who may be granted more, and how much more together. */
    readonly raisable: AmountOf;
    /** Customers with whom no new business is done any more, or is again; with their exposure. */
    readonly stopped: AmountOf;
    readonly reopened: AmountOf;
  };
  readonly terms: readonly Crossing<number>[];
  /** Only where the tier would change; `from` is null at a first one. */
  readonly tiers: readonly Crossing<Tier | null>[];
  readonly drift: {
    /** Population stability index, six places; null where nobody was rated before. */
    readonly psi: string | null;
    readonly bins: readonly {
      /** Scores from here on. */
      readonly from: number;
      /** Up to here; the last bin holds its end. */
      readonly to: number;
      readonly before: number;
      readonly after: number;
    }[];
  };
  readonly durationMs: number;
}

export const whatIfFigures = (
  tally: Tally,
  run: Pick<WhatIfFigures, 'customers' | 'failures' | 'currency' | 'durationMs'>,
): WhatIfFigures => {
  const rated = tally.model.reduce((sum, { count }) => sum + count, 0);
  const exposure = tally.model.reduce((sum, cell) => sum.plus(cell.exposure), new Decimal(0));
  const shared = <Place>(cells: readonly Crossing<Place>[]): Shared<Place>[] =>
    cells.map((cell) => ({ ...cell, share: new Decimal(cell.count).div(rated).toFixed(6) }));
  return {
    ...run,
    rated,
    exposure: exposure.toFixed(2),
    model: shared(tally.model),
    inForce: shared(tally.inForce),
    movers: tally.movers,
    held: tally.held,
    limits: { cut: tally.cut, raisable: tally.raisable, stopped: tally.stopped, reopened: tally.reopened },
    terms: tally.termDays,
    tiers: tally.tiers,
    drift: populationStability(tally.scoresBefore, tally.scoresAfter),
  };
};

/** Notches by which the model grade would move, above 0 upwards; 0 at a first rating. */
export const notchesOf = ({ modelBefore, modelAfter }: WeighedCustomer): number =>
  modelBefore === null ? 0 : notchesBetween(modelBefore, modelAfter);
