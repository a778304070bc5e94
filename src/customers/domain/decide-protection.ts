/**
 * Whether the data of a person may be worked with, be protected or be erased. A legal hold 「法律保全」 beats erasure, and what
 * the law says is to be kept is not erased before its day: it refuses, and deletes nothing by itself.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export const PERSON_STATES = ['ACTIVE', 'RESTRICTED', 'ERASED'] as const;
export type PersonState = (typeof PERSON_STATES)[number];

export const PROTECTION_VERBS = ['RESTRICT', 'LIFT_RESTRICTION', 'HOLD', 'RELEASE_HOLD', 'RETAIN'] as const;
export type ProtectionVerb = (typeof PROTECTION_VERBS)[number];

/** What is known of a person's standing. */
export interface PersonStanding {
  readonly state: PersonState;
  readonly heldSince: Date | null;
  /** YYYY-MM-DD; before that day nothing is erased. */
  readonly retainUntil: string | null;
  readonly version: number;
}

export interface ProtectionRequest {
  readonly verb: ProtectionVerb;
  readonly reason: string;
  /** For RETAIN. */
  readonly until?: string | null | undefined;
}

/** Refuses INVALID_STATE.ERASED and .ALREADY_SO, REQUIRED.REASON, INVALID.UNTIL. */
export const decideProtection = (
  standing: PersonStanding,
  { verb, reason, until }: ProtectionRequest,
  now: Date,
): Result<Pick<PersonStanding, 'state' | 'heldSince' | 'retainUntil'>> => {
  const { state, heldSince, retainUntil } = standing;
  if (state === 'ERASED') return erased();
  if (reason.trim() === '') {
    return refuse('REQUIRED', 'Say why.', { reason: 'REASON', field: ['reason'] });
  }
  const same = refuse('INVALID_STATE', 'it is so already', { reason: 'ALREADY_SO' });
  switch (verb) {
    case 'RESTRICT':
      return state === 'RESTRICTED' ? same : ok({ state: 'RESTRICTED', heldSince, retainUntil });
    case 'LIFT_RESTRICTION':
      return state === 'ACTIVE' ? same : ok({ state: 'ACTIVE', heldSince, retainUntil });
    case 'HOLD':
      return heldSince !== null ? same : ok({ state, heldSince: now, retainUntil });
    case 'RELEASE_HOLD':
      return heldSince === null ? same : ok({ state, heldSince: null, retainUntil });
    case 'RETAIN': {
      // A day that has been set is moved out, never in.
      if (until == null || until < (retainUntil ?? now.toISOString().slice(0, 10))) {
        return refuse('INVALID', 'name a day from today on that is not before the one that is set', {
          reason: 'UNTIL',
          field: ['until'],
        });
      }
      return ok({ state, heldSince, retainUntil: until });
    }
  }
};

/** Refuses INVALID_STATE.ERASED, .LEGAL_HOLD and .RETENTION. */
export const decideErasure = ({ state, heldSince, retainUntil }: PersonStanding, now: Date): Result<true> => {
  if (state === 'ERASED') return erased();
  if (heldSince !== null) {
    return refuse('INVALID_STATE', 'a legal hold keeps these data', { reason: 'LEGAL_HOLD' });
  }
  if (retainUntil !== null && retainUntil > now.toISOString().slice(0, 10)) {
    return refuse('INVALID_STATE', `these data are to be kept until ${retainUntil}`, {
      reason: 'RETENTION',
      params: { until: retainUntil },
    });
  }
  return ok(true);
};

/**
 * Whether data may be looked at, rated or exported. A restriction stands against all three; under a legal hold those who
 * audit still see them. Refuses INVALID_STATE.ERASED and .RESTRICTED.
 */
export const decideProcessing = (
  { state, heldSince }: Pick<PersonStanding, 'state' | 'heldSince'>,
  audits = false,
): Result<true> => {
  if (state === 'ERASED') return erased();
  if (state === 'RESTRICTED' && !(audits && heldSince !== null)) {
    return refuse('INVALID_STATE', 'the data of this person may be kept and not worked with', { reason: 'RESTRICTED' });
  }
  return ok(true);
};

const erased = () => refuse('INVALID_STATE', 'this person has been erased', { reason: 'ERASED' });
