/**
 * A campaign brings everybody under a new scorecard version (R15): targets with dates, the pace that leads from one to the next,
 * and whether it is behind.
 */
import { addMonths } from '../../kernel/business-days';
import { Decimal } from '../../kernel/decimal';

export const CAMPAIGN_STATES = ['OPEN', 'REACHED', 'SUPERSEDED'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

export interface CampaignTarget {
  readonly dueAt: Date;
  /** Share of rated customers, 0 to 1. */
  readonly share: string;
}

export interface Coverage {
  /** Customers that have a rating. */
  readonly customers: number;
  /** Of these, whose newest rating is by the version. */
  readonly covered: number;
}

export const targetsFrom = (
  startedAt: Date,
  targets: readonly { readonly months: number; readonly share: string }[],
): CampaignTarget[] => {
  const [day = '', time = ''] = startedAt.toISOString().split('T');
  return targets.map(({ months, share }) => ({ dueAt: new Date(`${addMonths(day, months)}T${time}`), share }));
};

const meets = ({ customers, covered }: Coverage, share: string): boolean =>
  new Decimal(share).mul(customers).lte(covered);

/** How many targets have passed without being met. */
export const missedTargets = (targets: readonly CampaignTarget[], coverage: Coverage, at: Date): number =>
  targets.filter(({ dueAt, share }) => dueAt <= at && !meets(coverage, share)).length;

/** How many customers have to be covered at a moment: evenly from nobody to the first target, and on to each next. */
export const wantedBy = (
  startedAt: Date,
  targets: readonly CampaignTarget[],
  { customers }: Pick<Coverage, 'customers'>,
  at: Date,
): number => {
  let [from, shareFrom] = [startedAt, new Decimal(0)];
  for (const { dueAt, share } of targets) {
    if (at < dueAt) {
      const way = Math.max(0, at.getTime() - from.getTime()) / (dueAt.getTime() - from.getTime());
      return shareFrom.plus(new Decimal(share).minus(shareFrom).mul(way)).mul(customers).ceil().toNumber();
    }
    [from, shareFrom] = [dueAt, new Decimal(share)];
  }
  return shareFrom.mul(customers).ceil().toNumber();
};

/** Six places. */
export const shareOf = ({ customers, covered }: Coverage): string =>
  customers === 0 ? '0.000000' : new Decimal(covered).div(customers).toFixed(6, Decimal.ROUND_DOWN);
