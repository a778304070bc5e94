/**
 * Brings the sample portfolio into an installation, once, through the rooms' own commands and under a system actor. A load
 * that was cut short is completed by the next one; a finished one is never repeated, so that what people change stays.
 */
import { asSystem, required, type App } from '../../src/app';
import type { CustomerRow } from '../../src/customers';
import type { Initiator } from '../../src/kernel/actor';
import type { Json } from '../../src/kernel/canonical-json';
import { RefusalError } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import { demand } from './demand';
import { generatePortfolio, lastQuarterEnd, type SamplePortfolio, type SampleStory } from './portfolio';
import { QUARTERS } from './stories';

const SEED = 20260101;
/** Names the sample wherever something asks where it came from. */
const SOURCE = 'sample portfolio';
/** Audit action of a finished load; finding it is how a later start knows. */
const LOADED = 'sample.loaded';
/** Owner and unit of the sample's customers, if the sample people are there. */
const MANAGER = { owner: 'maker', orgUnit: 'SALES-EAST' } as const;

export interface LoadedSample {
  /** Customers and suppliers. */
  readonly customers: number;
  readonly snapshots: number;
  readonly stories: readonly SampleStory[];
}

export interface SampleProgress {
  readonly step: 'customers' | 'relations' | 'snapshots' | 'limits';
  readonly done: number;
  readonly total: number;
}

export const loadSamplePortfolio = async (
  app: App,
  { onProgress }: { readonly onProgress: (progress: SampleProgress) => void },
): Promise<LoadedSample> => {
  const by = asSystem('bootstrap', app.newId());
  const before = await earlierLoad(app, by);
  if (before !== null) return before;
  const lastQuarter = lastQuarterEnd(app.clock());
  const portfolio = generatePortfolio(SEED, lastQuarter);
  await loadCustomers(app, by, portfolio, onProgress);
  const ids = await idsByNumber(app, by, portfolio);
  await loadRelations(app, by, portfolio, ids, onProgress);
  await loadSnapshots(app, by, portfolio, onProgress);
  await loadLimits(app, by, portfolio, ids, onProgress);
  const loaded: LoadedSample = {
    customers: portfolio.parties.length,
    snapshots: portfolio.snapshots.length,
    stories: portfolio.stories,
  };
  required(
    await app.unitOfWork.run(by, async (tx) => {
      tx.record({
        action: LOADED,
        object: { type: 'SamplePortfolio', id: String(SEED) },
        data: { ...loaded, lastQuarter } as unknown as Json,
      });
      return ok(true);
    }),
  );
  return loaded;
};

const earlierLoad = async (app: App, by: Initiator): Promise<LoadedSample | null> => {
  const [event] = required(
    await app.audit.queries.page(by.actor, { action: { eq: LOADED } }, { first: 1, after: null }),
  ).items;
  if (event === undefined) return null;
  const { customers, snapshots, stories } = event.data as unknown as LoadedSample;
  return { customers, snapshots, stories };
};

type OnProgress = (progress: SampleProgress) => void;

const loadCustomers = async (
  app: App,
  by: Initiator,
  { parties }: SamplePortfolio,
  onProgress: OnProgress,
): Promise<void> => {
  const managed = (await app.identity.queries.bySubject(MANAGER.owner)) !== null;
  const rows = parties.map((party, index): CustomerRow => ({
    line: index + 1,
    input: managed && party.kind === 'CUSTOMER' ? { ...party, ...MANAGER } : party,
  }));
  const { refusals } = required(await app.customers.commands.importCustomers(by, { rows, source: SOURCE }));
  demandNone(refusals);
  onProgress({ step: 'customers', done: rows.length, total: rows.length });
};

const idsByNumber = async (
  app: App,
  by: Initiator,
  { parties }: SamplePortfolio,
): Promise<ReadonlyMap<string, string>> => {
  const ids = new Map<string, string>();
  for (const { number } of parties) {
    const customer = await app.customers.queries.byNumber(by.actor, number);
    if (customer === null) throw new Error(`sample customer ${number} was not registered`);
    ids.set(number, customer.id);
  }
  return ids;
};

const loadRelations = async (
  app: App,
  by: Initiator,
  { relations }: SamplePortfolio,
  ids: ReadonlyMap<string, string>,
  onProgress: OnProgress,
): Promise<void> => {
  let done = 0;
  for (const { fromNumber, toNumber, kind, share } of relations) {
    const related = await app.customers.commands.relateCustomers(by, {
      fromId: demand(ids.get(fromNumber), fromNumber),
      toId: demand(ids.get(toNumber), toNumber),
      kind,
      share,
    });
    // An earlier load that was cut short has been here.
    if (!related.ok && related.refusal.code !== 'ALREADY_EXISTS') throw new RefusalError(related.refusal);
    onProgress({ step: 'relations', done: ++done, total: relations.length });
  }
};

const loadSnapshots = async (
  app: App,
  by: Initiator,
  { snapshots }: SamplePortfolio,
  onProgress: OnProgress,
): Promise<void> => {
  const chunk = Math.ceil(snapshots.length / QUARTERS);
  for (let start = 0; start < snapshots.length; start += chunk) {
    const rows = snapshots.slice(start, start + chunk).map(({ number, asOf, values }) => ({
      number,
      content: {
        asOf,
        source: SOURCE,
        quality: 'REPORTED' as const,
        values: Object.fromEntries(Object.entries(values).map(([code, value]) => [code, String(value)])),
      },
    }));
    const { refusals } = required(await app.indicators.commands.importSnapshots(by, { rows, source: SOURCE }));
    demandNone(refusals);
    onProgress({ step: 'snapshots', done: start + rows.length, total: snapshots.length });
  }
};

const loadLimits = async (
  app: App,
  by: Initiator,
  { openingLimits }: SamplePortfolio,
  ids: ReadonlyMap<string, string>,
  onProgress: OnProgress,
): Promise<void> => {
  const limits = openingLimits.map(({ number, limit }) => ({
    customerId: demand(ids.get(number), number),
    amount: limit.amount,
  }));
  const { currency } = demand(openingLimits[0], 'a limit').limit;
  required(await app.limits.open(by, { currency, source: SOURCE, limits }));
  onProgress({ step: 'limits', done: limits.length, total: limits.length });
};

/** The sample obeys the rules of the house; a row that does not is a fault of the generator. */
const demandNone = (
  refusals: readonly { readonly line: number; readonly code: string; readonly value: string }[],
): void => {
  const [first] = refusals;
  if (first === undefined) return;
  throw new Error(`the sample's row ${first.line} was refused: ${first.code} ${first.value}`);
};
