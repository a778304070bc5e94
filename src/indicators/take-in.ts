/**
 * Stores snapshots that arrive, and in the same transaction what follows from them: derived indicators, the projection of
 * what is current, and what sources contradict one another about. The caller has checked them and holds the lock on values.
 */
import { askForLifeCycles, LIFE_CYCLE_MEASURES } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { derivationOf, DERIVED_INDICATORS, INPUT_CODES, MOST_YEARS_BACK, statisticOf } from './domain/derived-data';
import { deriveValues, type DerivedValue, type PeerFigure } from './domain/derive-values';
import { findContradictions, type Contradiction } from './domain/find-contradictions';
import { OWN_SOURCES, type Precedence } from './domain/precedence';
import { contentDigest, type Snapshot, type SnapshotContent, type StoredValues } from './domain/snapshot';
import { derivationInputs, newestPeerFigures } from './derived.store';
import { insertConflicts, insertSnapshots, snapshotsBeside } from './indicator.store';
import { adoptedPrecedence } from './precedence.store';

export interface TakenIn {
  readonly contradictions: readonly Contradiction[];
  /** Snapshots of derived values that were added. */
  readonly derived: readonly Snapshot[];
}

/** A snapshot of this moment. */
export const newSnapshot = (
  tx: Tx,
  customerId: string,
  content: SnapshotContent,
  batchId: string | null = null,
): Snapshot => ({
  id: tx.newId(),
  customerId,
  ...content,
  recordedAt: tx.at,
  contentDigest: contentDigest(content),
  batchId,
  reason: null,
  derivation: null,
});

export const takeIn = async (tx: Tx, snapshots: readonly Snapshot[]): Promise<TakenIn> => {
  if (snapshots.length === 0) return { contradictions: [], derived: [] };
  const precedence = await adoptedPrecedence(tx.query);
  await insertSnapshots(tx, snapshots, precedence);
  const derived = await deriveAround(tx, snapshots, precedence);
  await insertSnapshots(tx, derived, precedence);
  askForLifeCycles(tx, measuredBy([...snapshots, ...derived]));
  const contradictions = await contradictionsOf(tx, snapshots, precedence);
  await insertConflicts(tx, contradictions);
  return { contradictions, derived };
};

/** Holds the newest values of some customers against the figures that were taken last. */
export const deriveAgainstPeers = async (tx: Tx, customerIds: readonly string[]): Promise<readonly Snapshot[]> => {
  const precedence = await adoptedPrecedence(tx.query);
  const derived = await deriveFor(tx, customerIds, FIRST_YEAR, precedence, { peersOnly: true });
  await insertSnapshots(tx, derived, precedence);
  askForLifeCycles(tx, measuredBy(derived));
  return derived;
};

const isMeasure = new Set<string>(LIFE_CYCLE_MEASURES);

/** Customers of whom something arrived that stages of the life cycle are told by. */
const measuredBy = (snapshots: readonly Snapshot[]): string[] =>
  snapshots.flatMap(({ customerId, values }) =>
    Object.keys(values).some((code) => isMeasure.has(code)) ? [customerId] : [],
  );

/** No day is earlier. */
const FIRST_YEAR = 1900;

const isInput = new Set<string>(INPUT_CODES);

/** What of the customers' derived values moves with what has arrived: of the days around, and of as many years later as forms look back. */
const deriveAround = async (
  tx: Tx,
  arrived: readonly Snapshot[],
  precedence: Precedence,
): Promise<readonly Snapshot[]> => {
  const inputs = arrived.filter(({ values }) => Object.keys(values).some((code) => isInput.has(code)));
  if (inputs.length === 0) return [];
  const firstYear = Math.min(...inputs.map(({ asOf }) => Number(asOf.slice(0, 4))));
  const customerIds = [...new Set(inputs.map(({ customerId }) => customerId))];
  return deriveFor(tx, customerIds, firstYear - 1, precedence, { peersOnly: false });
};

const deriveFor = async (
  tx: Tx,
  customerIds: readonly string[],
  firstYear: number,
  precedence: Precedence,
  { peersOnly }: { readonly peersOnly: boolean },
): Promise<readonly Snapshot[]> => {
  const derivedFrom = newYear(firstYear);
  // One more year back, so that values of about the same time are there on either side of a new year.
  const from = newYear(firstYear - MOST_YEARS_BACK - 1);
  const definitions = DERIVED_INDICATORS.filter(({ derivation }) => !peersOnly || statisticOf(derivation) !== null);
  const figures: readonly PeerFigure[] = await newestPeerFigures(tx.query);
  const found = await derivationInputs(tx, customerIds, { from, derivedFrom });
  return found.flatMap(({ customerId, industry, snapshots, derived }) => {
    const values = deriveValues(definitions, snapshots, precedence, { industry, figures }, derivedFrom);
    const moved = values.filter(({ code, asOf, value }) => value !== (derived.get(keyOf(code, asOf)) ?? null));
    return snapshotsOfDerived(tx, customerId, [...moved, ...noLongerDerived(values, derived, peersOnly)]);
  });
};

const keyOf = (code: string, asOf: string): string => `${code} ${asOf}`;

/**
 * What was derived for a day that is no input's day any more, since another source's value of the period holds now. Of what
 * is held against peers only the newest is derived: what lies before it stays.
 */
const noLongerDerived = (
  values: readonly DerivedValue[],
  derived: ReadonlyMap<string, string | null>,
  peersOnly: boolean,
): DerivedValue[] => {
  const present = new Set(values.map(({ code, asOf }) => keyOf(code, asOf)));
  const newest = new Map<string, string>();
  for (const { code, asOf } of values) if (asOf > (newest.get(code) ?? '')) newest.set(code, asOf);
  return [...derived].flatMap(([key, value]) => {
    const [code = '', asOf = ''] = key.split(' ');
    const derivation = derivationOf(code);
    if (value === null || derivation === null || present.has(key)) return [];
    const gone = statisticOf(derivation) === null ? !peersOnly : newest.has(code) && asOf > (newest.get(code) ?? '');
    return gone ? [{ code, asOf, value: null, derivation: null }] : [];
  });
};

/** One snapshot for each day. A value that cannot be derived any more is taken back. */
const snapshotsOfDerived = (tx: Tx, customerId: string, values: readonly DerivedValue[]): Snapshot[] => {
  const byDay = new Map<string, DerivedValue[]>();
  for (const value of values) {
    const ofDay = byDay.get(value.asOf) ?? [];
    byDay.set(value.asOf, ofDay);
    ofDay.push(value);
  }
  return [...byDay].map(([asOf, ofDay]) => {
    const content = {
      asOf,
      source: OWN_SOURCES.DERIVED,
      quality: 'ESTIMATED' as const,
      values: Object.fromEntries(ofDay.map(({ code, value }) => [code, value])) satisfies StoredValues,
    };
    return {
      id: tx.newId(),
      customerId,
      ...content,
      recordedAt: tx.at,
      contentDigest: contentDigest(content),
      batchId: null,
      reason: null,
      derivation: Object.fromEntries(
        ofDay.map(({ code, derivation }) => [
          code,
          JSON.parse(JSON.stringify(derivation ?? { form: derivationOf(code)?.form ?? null, inputs: [] })),
        ]),
      ),
    };
  });
};

/** Where no tolerance was agreed on nothing is contradicted, and nothing looked up. */
const contradictionsOf = async (
  tx: Tx,
  snapshots: readonly Snapshot[],
  precedence: Precedence,
): Promise<readonly Contradiction[]> => {
  const compared = snapshots.filter(
    ({ source, values }) => isWord(source) && Object.keys(values).some((code) => precedence.toleranceOf(code) !== null),
  );
  if (compared.length === 0) return [];
  const beside = await snapshotsBeside(tx, compared);
  return findContradictions(
    compared,
    beside.filter(({ source }) => isWord(source)),
    precedence,
  );
};

/** Who overrides a source does so knowingly: that is no contradiction between sources. */
const isWord = (source: string): boolean => source !== OWN_SOURCES.OVERRIDE;

const newYear = (year: number): string => `${String(Math.max(year, FIRST_YEAR)).padStart(4, '0')}-01-01`;
