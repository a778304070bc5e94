/**
 * Whose value holds where sources speak of the same period of an indicator: that of the source that comes first in the
 * precedence, then the one of the latest day, then the one recorded last. A later period always counts more than an
 * earlier one, whoever speaks of it.
 */
import type { SourceKind, SourcePrecedence } from '../../policies/domain/source-precedence';
import { indicatorOf, type Cadence } from './dictionary';

/** Sources that are ours by name; no file and no program may speak as one of them. */
export const OWN_SOURCES = {
  DERIVED: 'derived',
  EXPERT: 'expert',
  COMPLAINTS: 'complaints',
  EVENTS: 'risk-events',
  OVERRIDE: 'override',
} as const;

const OWN_KINDS: Readonly<Record<string, SourceKind>> = {
  [OWN_SOURCES.DERIVED]: 'DERIVED',
  [OWN_SOURCES.EXPERT]: 'EXPERT',
  [OWN_SOURCES.COMPLAINTS]: 'INTERNAL',
  [OWN_SOURCES.EVENTS]: 'INTERNAL',
  [OWN_SOURCES.OVERRIDE]: 'EXPERT',
};

/** What people agreed on in place of a source goes before every source, whatever the precedence. */
const BEFORE_ALL = -1;

export const isOwnSource = (source: string): boolean => OWN_KINDS[source] !== undefined;

/** A precedence made ready for asking. */
export interface Precedence {
  /** Place of the source among those that speak of the indicator, from 0; the lower one holds. */
  readonly rankOf: (code: string, source: string) => number;
  /** What a day counts as: values of the same period compete, those of a later one hold. Sorts as time does. */
  readonly periodOf: (code: string, asOf: string) => string;
  readonly kindOf: (source: string) => SourceKind;
  /** Relative difference from which two values contradict one another; null where nothing was agreed on. */
  readonly toleranceOf: (code: string) => string | null;
}

/** Before any precedence was adopted: sources are equal, and the latest day holds. */
export const NO_PRECEDENCE: Precedence = {
  rankOf: (_, source) => (source === OWN_SOURCES.OVERRIDE ? BEFORE_ALL : 0),
  periodOf: (_, asOf) => asOf,
  kindOf: (source) => OWN_KINDS[source] ?? 'OTHER',
  toleranceOf: () => null,
};

export const precedenceOf = (content: SourcePrecedence): Precedence => {
  const kindOf = (source: string): SourceKind => OWN_KINDS[source] ?? content.sources[source] ?? 'OTHER';
  const rank = (code: string, source: string): number => {
    if (source === OWN_SOURCES.OVERRIDE) return BEFORE_ALL;
    // What has happened speaks as whoever usually speaks of the indicator: the later word holds.
    const kind = source === OWN_SOURCES.EVENTS ? indicatorOf(code).source : kindOf(source);
    const own = content.indicators[code];
    if (own !== undefined) return placeIn(own, (entry) => entry === source || entry === kind);
    if (content.ownKindFirst && kind === indicatorOf(code).source) return 0;
    return 1 + placeIn(content.order, (entry) => entry === kind);
  };
  const ranks = new Map<string, Map<string, number>>();
  return {
    rankOf: (code, source) => {
      const ofCode = ranks.get(code) ?? new Map<string, number>();
      ranks.set(code, ofCode);
      const known = ofCode.get(source) ?? rank(code, source);
      ofCode.set(source, known);
      return known;
    },
    periodOf: (code, asOf) => PERIODS[indicatorOf(code).cadence](asOf),
    kindOf,
    toleranceOf: (code) => content.tolerance.indicators[code] ?? content.tolerance.general,
  };
};

/** Position of the first entry that fits; behind the last where none does. */
const placeIn = <T>(list: readonly T[], fits: (entry: T) => boolean): number => {
  const place = list.findIndex(fits);
  return place === -1 ? list.length : place;
};

const MONTHS_OF_A_QUARTER = 3;

/** Periods by cadence; what comes by event has none but its day. */
const PERIODS: Readonly<Record<Cadence, (asOf: string) => string>> = {
  EVENT: (asOf) => asOf,
  MONTHLY: (asOf) => asOf.slice(0, 7),
  QUARTERLY: (asOf) => `${asOf.slice(0, 4)}-Q${Math.ceil(Number(asOf.slice(5, 7)) / MONTHS_OF_A_QUARTER)}`,
  YEARLY: (asOf) => asOf.slice(0, 4),
};
