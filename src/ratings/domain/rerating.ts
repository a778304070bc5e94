/** Why a customer is rated again, and which of several comes first. */
export const RERATING_KINDS = ['EVENT', 'SCHEDULED', 'CAMPAIGN'] as const;
export type ReratingKind = (typeof RERATING_KINDS)[number];

export const RERATING_STATES = ['OPEN', 'DONE', 'PARKED'] as const;
export type ReratingState = (typeof RERATING_STATES)[number];

/** What has happened goes before what is due by date, and that before what a new version has yet to cover. */
export const urgencyOf = (kind: ReratingKind): number => RERATING_KINDS.indexOf(kind);

export interface EventTerms {
  /** Events of one customer within this time of the first are answered by one re-rating. */
  readonly debounceSeconds: number;
  /** By when the customer must have been rated again (R12). */
  readonly deadline: Date;
}

/** When a re-rating for an event may begin, and by when it must be done. */
export interface EventTiming {
  readonly beginAt: Date;
  readonly deadline: Date;
}

export const timingOf = (at: Date, { debounceSeconds, deadline }: EventTerms): EventTiming => ({
  beginAt: new Date(at.getTime() + debounceSeconds * 1_000),
  deadline,
});
