/**
 * Re-ratings: asked for by what has happened and by the calendar, and done one customer at a time, each in one unit of work with
 * everything that follows from the grade. PostgreSQL alone owns what is due and what is done; a worker that dies loses nothing
 * and doubles nothing, and one customer that cannot be rated is parked with the reason (I9, I10).
 */
import { withoutKey, type Initiator } from '../kernel/actor';
import { localDay } from '../kernel/business-days';
import { digestOf } from '../kernel/canonical-json';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import type { ReratingCalendar } from '../policies';
import { EXPERT_SCORECARD_CODE } from '../scorecards';
import { timingOf, type EventTerms, type ReratingKind } from './domain/rerating';
import { gradedAfter, limitIntervals, lockGrades, type DueMove } from './grade.store';
import { meansOf, rateWithin, type RatingDeps, type RatingMeans } from './rating.commands';
import { cutPointsFor } from './reference-population';
import * as store from './rerating.store';

/**
 * Asks, inside the transaction of what has happened, for a re-rating of its customer; `eventId` is what the first event of it is
 * known by. Yields the id of the re-rating that will answer it.
 */
export const askForRerating = (
  tx: Tx,
  event: { readonly customerId: string; readonly eventId: string } & EventTerms,
): Promise<string> =>
  store.askForEvent(tx, { customerId: event.customerId, period: event.eventId, ...timingOf(tx.at, event) });

/** Asks for re-ratings of up to `atMost` customers whose rating is due, each once a day until it is rated; yields how many it found. */
export const scheduleDue = (deps: RatingDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'rating.run');
    if (!permitted.ok) return permitted;
    const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
    const today = localDay(calendar, tx.at);
    const due = await store.dueCustomers(tx, today, atMost);
    const asked =
      due.length === 0
        ? 0
        : await store.insertReratings(
            tx,
            'SCHEDULED',
            due.map(({ customerId }) => ({ customerId, period: today, rank: 0 })),
          );
    if (asked === 0) {
      tx.unchanged();
      return ok(0);
    }
    tx.record({
      action: 'rerating.scheduled',
      object: { type: 'ReratingBatch', id: tx.newId() },
      data: { day: today, customers: asked, longestDue: due[0]?.dueAt.toISOString() ?? null },
    });
    return ok(due.length);
  });

/** Tiers of the customers that have one; given by the room to the right that keeps them. */
export interface CalendarDeps extends Pick<RatingDeps, 'policies'> {
  readonly tiersOf: (tx: Tx, customerIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** Inside the transaction that moves tiers: those that ask for ratings more often than the grade bring the due date forward. */
export const tiersMoved = async (
  deps: Pick<RatingDeps, 'policies'>,
  tx: Tx,
  moves: readonly { readonly customerId: string; readonly tier: string }[],
): Promise<void> => {
  const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  await limitIntervals(tx, calendar, intervalsOf(calendar, moves));
};

const intervalsOf = (
  calendar: ReratingCalendar,
  held: readonly { readonly customerId: string; readonly tier: string | null }[],
): Map<string, number | null> =>
  new Map(
    held.map(({ customerId, tier }) => [customerId, tier === null ? null : (calendar.monthsByTier[tier] ?? null)]),
  );

/** Customers of one transaction. */
const CALENDAR_BATCH = 5_000;

/**
 * Moves the due dates of everybody to where a re-rating calendar that was published puts them, a batch in each transaction.
 * Without its time having come nobody is rated: whose date lies behind is due as any other. Yields how many dates moved.
 */
export const followCalendar = async (
  deps: CalendarDeps,
  by: Initiator,
  batch = CALENDAR_BATCH,
): Promise<Result<number>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  return deps.policies.followThrough(by, 'RERATING_CALENDAR', async (tx, { id, content: calendar }, after) => {
    const customerIds = await gradedAfter(tx, after, batch);
    const tiers = await deps.tiersOf(tx, customerIds);
    const held = customerIds.map((customerId) => ({ customerId, tier: tiers.get(customerId) ?? null }));
    const moves = await limitIntervals(tx, calendar, intervalsOf(calendar, held));
    if (moves.length > 0) recordDueMoves(tx, id, moves);
    return { moved: moves.length, upto: customerIds.length < batch ? null : (customerIds.at(-1) ?? null) };
  });
};

/** One event for all of them, with every move in it by digest. */
const recordDueMoves = (tx: Tx, policyVersionId: string, moves: readonly DueMove[]): void => {
  tx.record({
    action: 'rating.dueMoved',
    object: { type: 'DueBatch', id: tx.newId() },
    data: {
      policyVersion: policyVersionId,
      count: moves.length,
      earlier: moves.filter(({ before, after }) => after < before).length,
      digest: digestOf(
        moves.map(({ customerId, before, after }) => [customerId, before.toISOString(), after.toISOString()]),
      ),
    },
  });
};

export interface Rerated {
  readonly reratingId: string;
  readonly kind: ReratingKind;
  /** Null where the customer had to be parked. */
  readonly ratingId: string | null;
  /** Whether it came after its deadline. */
  readonly late: boolean;
}

/** Rates the customer that comes next. Null when nobody's time has come; may be called at any time, from anywhere, at once. */
export const rerateNext = async (deps: RatingDeps, by: Initiator): Promise<Result<Rerated | null>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  for (let renewed = false; ; renewed = true) {
    const done = await deps.unitOfWork.run(by, async (tx): Promise<Result<Rerated | 'RENEW' | null>> => {
      const taken = await store.takeNext(tx, EXPERT_SCORECARD_CODE);
      const means = taken === null ? null : rememberedMeans(deps, taken, renewed);
      if (taken === null || means === null) {
        tx.unchanged();
        return ok(taken === null ? null : 'RENEW');
      }
      return ok(await answer(deps, tx, taken, means));
    });
    if (!done.ok) return done;
    if (done.value !== 'RENEW') return ok(done.value);
    await renewMeans(deps, withoutKey(by));
  }
};

const answer = async (
  deps: RatingDeps,
  tx: Tx,
  taken: store.TakenRerating,
  means: Result<RatingMeans>,
): Promise<Rerated> => {
  const standing = await answeredMeanwhile(tx, taken);
  if (standing !== null) {
    await store.endWithRating(tx, taken, standing);
    tx.record({
      action: 'rerating.answered',
      object: { type: 'Rerating', id: taken.id },
      customerId: taken.customerId,
      data: { kind: taken.kind, rating: standing },
    });
    return { reratingId: taken.id, kind: taken.kind, ratingId: standing, late: false };
  }
  const late = taken.deadline !== null && tx.at > taken.deadline;
  const customer = { id: taken.customerId, industryCode: taken.industryCode };
  const answers = { ids: taken.ids, noted: (ratingId: string) => store.endWithRating(tx, taken, ratingId) };
  const rated = means.ok ? await rateWithin(deps, tx, means.value, customer, answers) : means;
  if (!rated.ok) {
    await store.park(tx, taken, rated.refusal);
    tx.record({
      action: 'rerating.parked',
      object: { type: 'Rerating', id: taken.id },
      customerId: taken.customerId,
      reason: rated.refusal.message,
      data: { kind: taken.kind, reason: rated.refusal.reason ?? rated.refusal.code },
    });
  }
  return { reratingId: taken.id, kind: taken.kind, ratingId: rated.ok ? rated.value.ratingId : null, late };
};

/**
 * The rating that has come between the day on which one was due and now, for whatever reason: nothing is due any more. Whoever is
 * rating the customer at this moment is waited for. Null where it is still to be rated.
 */
const answeredMeanwhile = async (tx: Tx, taken: store.TakenRerating): Promise<string | null> => {
  if (!taken.onlyByDate) return null;
  const [held] = await lockGrades(tx, [taken.customerId]);
  return held !== undefined && held.ratingDueAt > tx.at ? held.ratingId : null;
};

interface Remembered {
  readonly means: Result<RatingMeans>;
  readonly versionId: string;
  readonly readMs: number;
}

/** Reading and checking version and cut points takes longer than rating a customer by them. None of them ever changes. */
const remembered = new WeakMap<RatingDeps, Remembered>();

/** For so long an industry without cut points of its own is taken to be too small for them. */
const SMALL_FOR_MS = 60_000;

/** Null where they have to be read anew first. */
const rememberedMeans = (
  deps: RatingDeps,
  taken: store.TakenRerating,
  renewed: boolean,
): Result<RatingMeans> | null => {
  const known = remembered.get(deps);
  if (known === undefined || known.versionId !== taken.liveVersionId) return null;
  if (renewed) return known.means;
  if (!known.means.ok) return null;
  const { cutPoints } = known.means.value;
  if (cutPoints.size !== taken.segments) return null;
  const { industryCode } = taken;
  const own = industryCode === null || cutPointsFor(cutPoints, industryCode).cutPoints.segment === industryCode;
  return own || performance.now() - known.readMs < SMALL_FOR_MS ? known.means : null;
};

const renewMeans = async (deps: RatingDeps, by: Initiator): Promise<void> => {
  const version = await deps.scorecards.liveVersion();
  remembered.set(deps, {
    means: await meansOf(deps, by, version),
    versionId: version.id,
    readMs: performance.now(),
  });
};
