/**
 * What the ratings of a chunk would mean if they came into effect: each customer's grades, limit and terms before and after,
 * counted, and everybody who would move by name. It belongs to simulations; a run that is published does not come here.
 */
import { createHash } from 'node:crypto';
import { gradeOfRank } from '../kernel/grade';
import { uuidOf } from '../platform/binary-copy';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { pointsFromE4, pointsToE4 } from '../scorecards';
import { afterRating, type GradeState } from './domain/follow-grade';
import type { ChunkRange } from './domain/run';
import {
  isMover,
  notchesOf,
  TallySheet,
  type GradeConsequence,
  type TierConsequence,
  type Tally,
  type WeighedCustomer,
} from './domain/what-if';
import type { RunRow } from './run.store';
import type { RatedRow } from './score-customers';
import type { GradesThatMayCome } from './what-if.ports';

/** What each customer of a chunk was rated, kept beside the rows that are written. */
export class Outcomes {
  readonly customerIds: string[] = [];
  readonly modelRanks: number[] = [];
  readonly scoresE4: number[] = [];

  readonly add = (customerId: Buffer, rated: RatedRow): void => {
    this.customerIds.push(uuidOf(customerId, 0));
    this.modelRanks.push(rated.modelRank);
    this.scoresE4.push(rated.scoreE4);
  };
}

export interface Weighed {
  readonly tally: Tally;
  /** SHA-256 over the rows of the movers as they were written: what the event of the chunk says of them. */
  readonly moversDigest: string;
}

/** Counts the chunk and writes down its movers. */
export const weighChunk = async (
  mayCome: GradesThatMayCome,
  tx: Tx,
  run: RunRow,
  chunk: ChunkRange,
  outcomes: Outcomes,
  coolDownDays: number,
): Promise<Weighed> => {
  const held = await gradesWithin(tx.query, chunk);
  const moved = outcomes.customerIds.map((customerId, i) => {
    const before = held.get(customerId) ?? null;
    const modelAfter = gradeOfRank(outcomes.modelRanks[i] as number);
    return {
      customerId,
      before,
      modelAfter,
      state: afterRating(before, modelAfter, { at: tx.at, coolDownDays }),
      scoreE4: outcomes.scoresE4[i] as number,
    };
  });
  const grades = moved.map(({ customerId, before, state }) => ({
    customerId,
    before: before?.grade ?? null,
    after: state.grade,
  }));
  const consequences = await mayCome.limits(tx.query, grades, { draft: run.limitPolicy, at: tx.at });
  const tiers = await mayCome.tiers(tx.query, grades, tx.at);
  const sheet = new TallySheet();
  const movers = new MoverRows(tx, run.id);
  moved.forEach(({ customerId, before, modelAfter, state, scoreE4 }, i) => {
    const weighed: WeighedCustomer = {
      modelBefore: before?.modelGrade ?? null,
      modelAfter,
      gradeBefore: before?.grade ?? null,
      gradeAfter: state.grade,
      basisAfter: state.basis,
      scoreBeforeE4: before?.scoreE4 ?? null,
      scoreAfterE4: scoreE4,
      consequence: consequences[i] as GradeConsequence,
      tier: tiers[i] as TierConsequence,
    };
    sheet.add(weighed);
    if (isMover(weighed)) movers.add(customerId, weighed);
  });
  return { tally: sheet.total(), moversDigest: await movers.write() };
};

type HeldGrade = GradeState & { readonly scoreE4: number };

/** Grades of now within a range of customers, each with the score that its model grade comes from. */
const gradesWithin = async (query: Query, { idAfter, idUpto }: ChunkRange): Promise<ReadonlyMap<string, HeldGrade>> => {
  const rows = await query<GradeState & { customerId: string; score: string }>(
    `SELECT held.customer_id AS "customerId", held.model_grade AS "modelGrade", held.grade, held.basis,
       held.override_id AS "overrideId", held.downgraded_at AS "downgradedAt", rating.score::text
     FROM customer_grade AS held
     -- By id, whatever the planner thinks of a range: the ratings of all runs lie side by side.
     CROSS JOIN LATERAL (SELECT score FROM rating WHERE id = held.rating_id OFFSET 0) AS rating
     WHERE ($1::uuid IS NULL OR held.customer_id > $1) AND ($2::uuid IS NULL OR held.customer_id <= $2)`,
    [idAfter, idUpto],
  );
  return new Map(rows.map(({ customerId, score, ...state }) => [customerId, { ...state, scoreE4: pointsToE4(score) }]));
};

const MOVER_COLUMNS = `(id, run_id, customer_id, notches, model_grade_before, model_grade_after, grade_before, grade_after,
  basis_after, score_before, score_after, exposure, currency, limit_before, limit_after, term_days_before, term_days_after, tier_before,
  tier_after)`;

/** As COPY writes it. */
const NULL = '\\N';

/** Rows for COPY, as text: nothing that stands in them needs escaping. */
class MoverRows {
  private readonly lines: string[] = [];

  constructor(
    private readonly tx: Tx,
    private readonly runId: string,
  ) {}

  add(customerId: string, weighed: WeighedCustomer): void {
    const { consequence } = weighed;
    this.lines.push(
      [
        this.tx.newId(),
        this.runId,
        customerId,
        notchesOf(weighed),
        weighed.modelBefore,
        weighed.modelAfter,
        weighed.gradeBefore,
        weighed.gradeAfter,
        weighed.basisAfter,
        pointsFromE4(weighed.scoreBeforeE4 ?? 0),
        pointsFromE4(weighed.scoreAfterE4),
        consequence.exposure,
        consequence.currency,
        consequence.limitBefore,
        consequence.limitAfter,
        consequence.termDaysBefore,
        consequence.termDaysAfter,
        weighed.tier.before ?? NULL,
        weighed.tier.after ?? NULL,
      ].join('\t'),
    );
  }

  /** Yields the digest of what was written. */
  async write(): Promise<string> {
    const text = this.lines.map((line) => `${line}\n`).join('');
    if (text !== '') await this.tx.copyIn(`COPY simulation_mover ${MOVER_COLUMNS} FROM STDIN`, [text]);
    return createHash('sha256').update(text).digest('hex');
  }
}
