/** What a what-if asks of rooms to the right: wired where rooms are introduced to one another. */
import type { Grade } from '../kernel/grade';
import type { Query } from '../platform/database';
import type { LimitPolicy } from '../policies';
import type { GradeConsequence, TierConsequence } from './domain/what-if';

/** A grade in force as it is and as it may become. */
export interface PossibleGrade {
  readonly customerId: string;
  /** Null before the first. */
  readonly before: Grade | null;
  readonly after: Grade;
  /** Indicators that would have another value, as plain decimals, null for none. */
  readonly changed?: ReadonlyMap<string, string | null>;
}

export interface GradesThatMayCome {
  /**
   * What they would mean for limits and terms, in their order; by the limit policy `draft`, or the one in force. What may be asked
   * for is told where it moves, and with `exact` always.
   */
  limits(
    query: Query,
    grades: readonly PossibleGrade[],
    by: { readonly draft: LimitPolicy | null; readonly at: Date; readonly exact?: true },
  ): Promise<readonly GradeConsequence[]>;
  /** Which tiers they would lead to, in their order: by the value scores, the warnings and the matrix of now. */
  tiers(query: Query, grades: readonly PossibleGrade[], at: Date): Promise<readonly TierConsequence[]>;
}
