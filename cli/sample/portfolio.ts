/**
 * The sample portfolio: about 600 invented companies and suppliers with two years of quarterly values, the groups they
 * form, the limits taken over from an old book, and a few stories worth finding. The same seed and last quarter give the
 * same portfolio, byte for byte; nothing here reads a clock or a database.
 */
import {
  creditCodeCheck,
  leiCheck,
  type CustomerInput,
  type PartyKind,
  type RelationKind,
  type Stage,
} from '../../src/customers';
import type { IndicatorCode } from '../../src/indicators';
import { Decimal, roundMoney, type Money } from '../../src/kernel/decimal';
import { gradeOfRank } from '../../src/kernel/grade';
import { DEFAULT_POLICIES, termsAt } from '../../src/policies';
import { demand } from './demand';
import { INDUSTRY_PROFILES, type IndustryProfile, type SampleIndustry } from './industries';
import { BRAND_FIRST, BRAND_SECOND, GROUP_FORM, LEGAL_FORMS, REGIONS, type Region } from './names';
import { createRandom, type Random } from './random';
import { QUARTERS, STORIES, type Story, type StoryKind } from './stories';
import { drawQuarters, writtenValue, type QuarterValues } from './values';

export interface SampleParty extends CustomerInput {
  readonly number: string;
  readonly kind: PartyKind;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly creditCode: string;
  readonly lei: string | null;
  readonly industryCode: string;
  readonly stage: Stage;
}

export interface SampleSnapshot {
  /** Number of the party. */
  readonly number: string;
  /** Quarter end, ISO date. */
  readonly asOf: string;
  readonly values: QuarterValues;
}

export interface SampleRelation {
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly kind: RelationKind;
  /** Plain decimal; shareholders only. */
  readonly share: string | null;
}

export interface SampleLimit {
  readonly number: string;
  readonly limit: Money;
}

export interface SampleStory {
  readonly kind: StoryKind;
  readonly number: string;
  readonly zh: string;
  readonly en: string;
}

export interface SamplePortfolio {
  readonly parties: readonly SampleParty[];
  readonly relations: readonly SampleRelation[];
  /** By quarter, oldest first, and by party within it. */
  readonly snapshots: readonly SampleSnapshot[];
  readonly openingLimits: readonly SampleLimit[];
  readonly stories: readonly SampleStory[];
}

const CUSTOMER_COUNT = 520;
const SUPPLIER_COUNT = 80;
const GROUP_COUNT = 16;

/** Companies whose files have gaps, and the share of values missing there. */
const INCOMPLETE_COMPANIES = 0.3;
const MISSING_SHARE = 0.04;
/** Without these a company could not be placed at all. */
const ALWAYS_KNOWN: ReadonlySet<string> = new Set<IndicatorCode>(['annualRevenue', 'yearlyTurnoverWithUs']);

/** A company on its way to becoming a party with values. */
interface Draft {
  readonly number: string;
  readonly kind: PartyKind;
  readonly random: Random;
  readonly profile: IndustryProfile;
  readonly region: Region;
  readonly name: CompanyName;
  readonly stage: Stage;
  readonly quality: (quarter: number) => number;
  readonly sizeFactor: number;
  /** Quarters with values, both ends included. */
  readonly quarters: { readonly first: number; readonly last: number };
  readonly story: Story | null;
}

interface CompanyName {
  readonly zh: string;
  readonly en: string;
  readonly shortZh: string;
  readonly jointStock: boolean;
}

/** The newest quarter end that is not after the given day, as an ISO date. */
export const lastQuarterEnd = (day: Date): string => {
  const tomorrow = new Date(day.getTime() + 86_400_000);
  const quarterStart = new Date(Date.UTC(tomorrow.getUTCFullYear(), Math.floor(tomorrow.getUTCMonth() / 3) * 3, 1));
  return isoDate(new Date(quarterStart.getTime() - 86_400_000));
};

/** Throws a RangeError when `lastQuarter` is not the last day of a quarter. */
export const generatePortfolio = (seed: number, lastQuarter: string): SamplePortfolio => {
  const quarterEnds = quarterEndsUpTo(lastQuarter);
  const random = createRandom(seed);
  const { drafts, relations } = draftCompanies(random);
  const firstCalendarQuarter = Math.floor(new Date(`${quarterEnds[0]}T00:00:00Z`).getUTCMonth() / 3);
  const valuesOf = new Map(
    drafts.map((draft) => [
      draft.number,
      drawQuarters(draft.random.fork('values'), {
        profile: draft.profile,
        sizeFactor: draft.sizeFactor,
        jointStock: draft.name.jointStock,
        quality: draft.quality,
        firstCalendarQuarter,
      }),
    ]),
  );
  const quarterOf = (draft: Draft, quarter: number): QuarterValues =>
    demand(valuesOf.get(draft.number)?.[quarter], `quarter ${quarter} of ${draft.number}`);
  const snapshots = quarterEnds.flatMap((asOf, quarter) => {
    const present = drafts.filter(({ quarters }) => quarters.first <= quarter && quarter <= quarters.last);
    const shares = sharesOfTurnover(present, (draft) => quarterOf(draft, quarter));
    return present.map((draft) => ({
      number: draft.number,
      asOf,
      values: reportedValues(draft, quarter, { ...quarterOf(draft, quarter), ...shares.get(draft.number) }),
    }));
  });
  const codes = drawCodes(random.fork('codes'), drafts);
  return {
    parties: drafts.map((draft) =>
      partyOf(
        draft,
        demand(codes.get(draft.number), draft.number),
        quarterOf(draft, draft.quarters.last).annualRevenue ?? 0,
      ),
    ),
    relations,
    snapshots,
    openingLimits: drafts.flatMap((draft) => openingLimit(draft, quarterOf(draft, QUARTERS - 1))),
    stories: drafts.flatMap(({ story, number }) =>
      story === null ? [] : [{ kind: story.kind, number, zh: story.zh, en: story.en }],
    ),
  };
};

const isoDate = (date: Date): string => date.toISOString().slice(0, 10);

const quarterEndsUpTo = (lastQuarter: string): string[] => {
  const last = new Date(`${lastQuarter}T00:00:00Z`);
  if (Number.isNaN(last.getTime()) || lastQuarterEnd(last) !== lastQuarter) {
    throw new RangeError(`${lastQuarter} is not the end of a quarter`);
  }
  return Array.from({ length: QUARTERS }, (_, at) =>
    isoDate(new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1 - 3 * (QUARTERS - 1 - at), 0))),
  );
};

// ---- companies ----

const draftCompanies = (random: Random): { drafts: Draft[]; relations: SampleRelation[] } => {
  const naming = createNaming(random.fork('names'));
  const drafts: Draft[] = [];
  const relations: SampleRelation[] = [];
  const counts: Record<PartyKind, number> = { CUSTOMER: 0, SUPPLIER: 0 };

  const add = (kind: PartyKind, given: Partial<Draft> & { brand?: Brand; heads?: boolean } = {}): Draft => {
    const number = `${kind === 'CUSTOMER' ? 'C' : 'S'}${String(++counts[kind]).padStart(4, '0')}`;
    const own = random.fork(number);
    const profile = given.profile ?? own.pickWeighted(INDUSTRY_PROFILES.map((row) => [row, row.weight] as const));
    const region = given.region ?? own.pickWeighted(REGIONS.map((row) => [row, row.weight] as const));
    const base = own.normal();
    const drift = 0.25 * own.normal();
    const quality = given.quality ?? ((quarter) => base + drift * (quarter / (QUARTERS - 1) - 1));
    const stage = given.stage ?? drawStage(own, quality);
    // Good companies tend to be the bigger ones.
    const sizeFactor = Math.exp(0.85 * (0.8 * quality(0) + 0.6 * own.normal()));
    const draft: Draft = {
      number,
      kind,
      random: own,
      profile,
      region,
      name: naming.company(region, profile, given.brand ?? naming.brand(), given.heads ?? false),
      stage,
      quality,
      sizeFactor: given.heads === true ? sizeFactor * 3 : sizeFactor,
      quarters: quartersWithValues(own, stage),
      story: given.story ?? null,
    };
    drafts.push(draft);
    return draft;
  };

  const addGroup = (parent: Partial<Draft>, children: readonly Partial<Draft>[]): void => {
    const brand = naming.brand();
    const head = add('CUSTOMER', { ...parent, brand, heads: true });
    for (const child of children) {
      const member = add('CUSTOMER', { ...child, brand, stage: 'MATURITY' });
      relations.push({ fromNumber: head.number, toNumber: member.number, kind: 'PARENT', share: null });
    }
  };

  for (const story of STORIES) {
    const profile = profileOf(story.industry);
    const told = { story, profile, stage: story.stage, quality: story.quality };
    if (story.subsidiaryQualities === undefined) add('CUSTOMER', told);
    else
      addGroup(
        told,
        story.subsidiaryQualities.map((quality) => ({ profile, quality: () => quality })),
      );
  }
  for (let group = 0; group < GROUP_COUNT; group++) {
    const profile = random.pick(INDUSTRY_PROFILES);
    const others = [profile, random.pick(INDUSTRY_PROFILES), profile, profile].slice(0, 2 + random.below(3));
    addGroup(
      { profile, stage: 'MATURITY' },
      others.map((other) => ({ profile: other })),
    );
  }
  while (counts.CUSTOMER < CUSTOMER_COUNT) add('CUSTOMER');
  while (counts.SUPPLIER < SUPPLIER_COUNT) add('SUPPLIER');
  return { drafts, relations: [...relations, ...looseRelations(random.fork('relations'), drafts)] };
};

const profileOf = (industry: SampleIndustry): IndustryProfile => {
  const profile = INDUSTRY_PROFILES.find((row) => row.industry === industry);
  if (profile === undefined) throw new RangeError(`the sample has no industry ${industry}`);
  return profile;
};

const drawStage = (random: Random, quality: (quarter: number) => number): Stage => {
  if (random.chance(0.015)) return 'EXITED';
  if (random.chance(0.06)) return 'ACQUISITION';
  const now = quality(QUARTERS - 1);
  if (now < -1.3) return 'DECLINE';
  return now - quality(0) > 0.2 || random.chance(0.15) ? 'GROWTH' : 'MATURITY';
};

/** Newcomers have a short past with us, and those that left are no longer followed. */
const quartersWithValues = (random: Random, stage: Stage): Draft['quarters'] => {
  const last = QUARTERS - 1;
  if (stage === 'ACQUISITION') return { first: last - random.below(3), last };
  if (stage === 'EXITED') return { first: 0, last: 3 + random.below(3) };
  return { first: 0, last };
};

/** Guarantees, supply chains, shareholdings and common controllers outside the groups. */
const looseRelations = (random: Random, drafts: readonly Draft[]): SampleRelation[] => {
  const customers = random.shuffled(drafts.filter(({ kind, story }) => kind === 'CUSTOMER' && story === null));
  const suppliers = drafts.filter(({ kind }) => kind === 'SUPPLIER');
  const next = (): string => demand(customers.pop(), 'an unrelated customer').number;
  const repeat = (times: number, make: () => SampleRelation): SampleRelation[] => Array.from({ length: times }, make);
  return [
    ...repeat(24, () => ({ fromNumber: next(), toNumber: next(), kind: 'GUARANTOR', share: null })),
    ...repeat(18, () => ({
      fromNumber: next(),
      toNumber: next(),
      kind: 'SHAREHOLDER',
      share: random.between(0.1, 0.45).toFixed(2),
    })),
    ...repeat(8, () => ({ fromNumber: next(), toNumber: next(), kind: 'SAME_CONTROLLER', share: null })),
    ...suppliers.slice(0, 40).map(({ number }): SampleRelation => ({
      fromNumber: number,
      toNumber: next(),
      kind: 'SUPPLY_CHAIN',
      share: null,
    })),
  ];
};

// ---- names and codes ----

interface Brand {
  readonly zh: string;
  readonly en: string;
}

const createNaming = (random: Random) => {
  const brands = random.shuffled(
    BRAND_FIRST.flatMap(([firstZh, first]) =>
      BRAND_SECOND.map(([secondZh, second]): Brand => ({ zh: firstZh + secondZh, en: first + second })),
    ),
  );
  const taken = new Set<string>();
  let drawn = 0;

  return {
    brand: (): Brand => demand(brands[drawn++ % brands.length], 'a brand'),
    /** No two companies share a name, in either language. */
    company: (region: Region, profile: IndustryProfile, brand: Brand, heads: boolean): CompanyName => {
      for (const trade of random.shuffled(profile.trades)) {
        const form = heads ? GROUP_FORM : random.pickWeighted(LEGAL_FORMS.map((row) => [row, row.weight] as const));
        const zh = heads ? `${region.zh}${brand.zh}${form.zh}` : `${region.zh}${brand.zh}${trade.zh}${form.zh}`;
        const en = heads ? `${region.en} ${brand.en} ${form.en}` : `${region.en} ${brand.en} ${trade.en} ${form.en}`;
        if (taken.has(zh) || taken.has(en)) continue;
        taken.add(zh).add(en);
        return { zh, en, shortZh: region.zh + brand.zh, jointStock: form.zh === '股份有限公司' };
      }
      throw new Error(`no name is left for ${region.en} ${brand.en}`);
    },
  };
};

interface Codes {
  readonly creditCode: string;
  readonly lei: string | null;
}

const CODE_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** Prefix under which legal entity identifiers are issued in China. */
const LEI_PREFIX = '300300';

const drawCodes = (random: Random, drafts: readonly Draft[]): ReadonlyMap<string, Codes> => {
  const taken = new Set<string>();
  const unique = (draw: () => string): string => {
    let code = draw();
    while (taken.has(code)) code = draw();
    taken.add(code);
    return code;
  };
  const characters = (count: number): string =>
    Array.from({ length: count }, () => random.pick([...CODE_ALPHABET])).join('');
  return new Map(
    drafts.map(({ number, region, name }): [string, Codes] => {
      const creditCode = unique(() => {
        // 9: market regulator, 1: enterprise; MA marks organisation codes given since 2015.
        const organisation = `MA${characters(6)}`;
        const body = `91${region.code}${organisation}${organisationCheck(organisation)}`;
        return body + creditCodeCheck(body);
      });
      const wantsLei = name.jointStock || name.zh.endsWith(GROUP_FORM.zh) || random.chance(0.08);
      if (!wantsLei) return [number, { creditCode, lei: null }];
      const lei = unique(() => {
        const body = LEI_PREFIX + characters(12);
        return body + leiCheck(body);
      });
      return [number, { creditCode, lei }];
    }),
  );
};

const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** Check character of an organisation code (GB 11714): modulo 11, ten written as X. */
const organisationCheck = (body: string): string => {
  const sum = [...body].reduce(
    (total, character, at) => total + parseInt(character, 36) * demand(ORGANISATION_WEIGHTS[at], `weight ${at}`),
    0,
  );
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? 'X' : String(check);
};

// ---- parties, values, limits ----

const partyOf = (draft: Draft, codes: Codes, annualRevenue: number): SampleParty => ({
  number: draft.number,
  kind: draft.kind,
  nameZh: draft.name.zh,
  nameEn: draft.name.en,
  shortName: draft.name.shortZh,
  creditCode: codes.creditCode,
  lei: codes.lei,
  industryCode: draft.profile.industry,
  region: draft.region.zh,
  size: annualRevenue >= 400e6 ? 'LARGE' : annualRevenue >= 20e6 ? 'MEDIUM' : annualRevenue >= 3e6 ? 'SMALL' : 'MICRO',
  stage: draft.stage,
});

/** Turnover with us as a share of the book: customers among customers, suppliers among suppliers. */
const sharesOfTurnover = (
  drafts: readonly Draft[],
  valuesOf: (draft: Draft) => QuarterValues,
): ReadonlyMap<string, QuarterValues> => {
  const turnoverOf = (draft: Draft): number => valuesOf(draft).yearlyTurnoverWithUs ?? 0;
  // What we earn on a customer: a fixed rate per company, better where the cooperation is.
  const earnedOn = (draft: Draft): number =>
    turnoverOf(draft) * 0.16 * Math.exp(0.25 * draft.quality(0) + 0.1 * draft.random.fork('margin').normal());
  const sumOver = (kind: PartyKind, amountOf: (draft: Draft) => number): number =>
    drafts.reduce((sum, draft) => (draft.kind === kind ? sum + amountOf(draft) : sum), 0);
  const turnover = { CUSTOMER: sumOver('CUSTOMER', turnoverOf), SUPPLIER: sumOver('SUPPLIER', turnoverOf) };
  const earned = sumOver('CUSTOMER', earnedOn);
  return new Map(
    drafts.map((draft) => [
      draft.number,
      {
        shareOfOurTurnover: turnoverOf(draft) / turnover[draft.kind],
        ...(draft.kind === 'CUSTOMER'
          ? { grossMarginContribution: earnedOn(draft) / earned, yearlyGrossMarginWithUs: earnedOn(draft) }
          : {}),
      },
    ]),
  );
};

/** What of the drawn values is on file: the story's word over the drawn one, and a few values missing. */
const reportedValues = (draft: Draft, quarter: number, drawn: QuarterValues): QuarterValues => {
  const gaps = draft.random.fork(`gaps ${quarter}`);
  const incomplete = draft.story === null && draft.random.fork('gaps').chance(INCOMPLETE_COMPANIES);
  const told = draft.story?.set(quarter) ?? {};
  const reported: QuarterValues = {};
  for (const [name, value] of Object.entries({ ...drawn, ...told })) {
    const code = name as IndicatorCode;
    const lost = incomplete && !ALWAYS_KNOWN.has(code) && gaps.chance(MISSING_SHARE);
    if (value !== null && !lost) reported[code] = writtenValue(code, value);
  }
  return reported;
};

/**
 * The limit that an older book granted: about what the policy allows at the grade it saw, a little above it now and then,
 * in round figures. Suppliers, those that left and the worst have none.
 */
const openingLimit = (draft: Draft, values: QuarterValues): SampleLimit[] => {
  if (draft.kind === 'SUPPLIER' || draft.stage === 'EXITED') return [];
  const random = draft.random.fork('limit');
  const gradeSeen = gradeOfRank(Math.min(9, Math.max(1, Math.round(5 + 2 * draft.quality(QUARTERS - 3)))));
  const allowed = termsAt(DEFAULT_POLICIES.LIMIT, gradeSeen, new Decimal(values.yearlyTurnoverWithUs ?? 0));
  const factor = random.chance(0.1) ? random.between(1, 1.3) : random.between(0.6, 1);
  const amount = new Decimal(allowed.amount).mul(factor.toFixed(2)).div(10_000).floor().mul(10_000);
  return amount.isZero()
    ? []
    : [{ number: draft.number, limit: { amount: roundMoney(amount), currency: allowed.currency } }];
};
