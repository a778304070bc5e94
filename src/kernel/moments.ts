/**
 * Where in time somebody stands who looks back: what was true at one moment, by what was on record at another. What the
 * house decides (master data, grades, overrides, limits) is true from the moment it is recorded; what it is told
 * (indicator values, policies) has a time of its own.
 */
import { refuse } from './refusal';
import { ok, type Result } from './result';

export interface Moments {
  /** Valid time: what was true then. */
  readonly asOf: Date;
  /** Recorded time: as far as it was known then. */
  readonly knownAt: Date;
}

/** Null where the present is asked for. Refuses OUT_OF_RANGE.FUTURE_MOMENT. */
export const decideMoments = (wanted: Partial<Moments>, now: Date): Result<Moments | null> => {
  for (const field of ['asOf', 'knownAt'] as const) {
    const moment = wanted[field];
    if (moment !== undefined && moment > now) {
      return refuse('OUT_OF_RANGE', `${field} lies in the future`, { reason: 'FUTURE_MOMENT', field: [field] });
    }
  }
  if (wanted.asOf === undefined && wanted.knownAt === undefined) return ok(null);
  return ok({ asOf: wanted.asOf ?? now, knownAt: wanted.knownAt ?? now });
};

/** The moment up to which decisions of the house count: they are true from their recording on. */
export const decidedBy = ({ asOf, knownAt }: Moments): Date => (asOf < knownAt ? asOf : knownAt);
