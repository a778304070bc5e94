/**
 * What became of customers whose grade people overrode, by who did it and why (supervision rules R3 to R5). A judgement is borne out
 * where the model has come to say the same since; it is refuted where the model has moved the other way.
 */
import { notchesBetween, type Grade } from '../../kernel/grade';

export const REPORT_VIEWS = ['DIRECTION', 'REASON', 'REQUESTER', 'APPROVER'] as const;
export type ReportView = (typeof REPORT_VIEWS)[number];

interface Person {
  readonly id: string;
  readonly name: string;
}

export interface OverrideFate {
  /** Model grade when the override was asked for. */
  readonly modelGrade: Grade;
  readonly toGrade: Grade;
  readonly reasonCode: string;
  /** Null for a system actor. */
  readonly requester: Person | null;
  readonly approvers: readonly Person[];
  /** Model grade now. */
  readonly laterGrade: Grade;
  /** Whether the customer went bad from the day of the override on; null where nobody has said yet. */
  readonly bad: boolean | null;
}

export interface OverrideFigures {
  readonly overrides: number;
  /** Of these, overrides whose customer has an outcome since. */
  readonly known: number;
  readonly bad: number;
  /** The model has come to the override's grade since, or beyond. */
  readonly borneOut: number;
  /** The model has moved the other way since. */
  readonly refuted: number;
}

export interface OverrideGroup extends OverrideFigures {
  readonly view: ReportView;
  /** UP, DOWN or SAME, a reason code, or the id of a person. */
  readonly key: string;
  /** Of a person; null for others. */
  readonly name: string | null;
}

const NOTHING: OverrideFigures = { overrides: 0, known: 0, bad: 0, borneOut: 0, refuted: 0 };

/** SAME: the model's grade in place of an earlier override. */
const directionOf = ({ modelGrade, toGrade }: OverrideFate): 'UP' | 'DOWN' | 'SAME' => {
  const notches = notchesBetween(modelGrade, toGrade);
  return notches === 0 ? 'SAME' : notches > 0 ? 'UP' : 'DOWN';
};

const counted = (figures: OverrideFigures, fate: OverrideFate): OverrideFigures => {
  const meant = Math.sign(notchesBetween(fate.modelGrade, fate.toGrade));
  const moved = meant * notchesBetween(fate.modelGrade, fate.laterGrade);
  return {
    overrides: figures.overrides + 1,
    known: figures.known + (fate.bad === null ? 0 : 1),
    bad: figures.bad + (fate.bad === true ? 1 : 0),
    borneOut:
      figures.borneOut + (moved > 0 && moved >= Math.abs(notchesBetween(fate.modelGrade, fate.toGrade)) ? 1 : 0),
    refuted: figures.refuted + (moved < 0 ? 1 : 0),
  };
};

const groupsOf = (fate: OverrideFate): Pick<OverrideGroup, 'view' | 'key' | 'name'>[] => [
  { view: 'DIRECTION', key: directionOf(fate), name: null },
  { view: 'REASON', key: fate.reasonCode, name: null },
  ...(fate.requester === null
    ? []
    : [{ view: 'REQUESTER' as const, key: fate.requester.id, name: fate.requester.name }]),
  ...fate.approvers.map(({ id, name }) => ({ view: 'APPROVER' as const, key: id, name })),
];

/** All together, and by each view: those with most overrides first. */
export const reportOverrides = (
  fates: readonly OverrideFate[],
): { readonly total: OverrideFigures; readonly groups: readonly OverrideGroup[] } => {
  const groups = new Map<string, OverrideGroup>();
  for (const fate of fates) {
    for (const group of groupsOf(fate)) {
      const at = `${group.view} ${group.key}`;
      groups.set(at, { ...group, ...counted(groups.get(at) ?? NOTHING, fate) });
    }
  }
  const sorted = [...groups.values()].sort(
    (a, b) =>
      REPORT_VIEWS.indexOf(a.view) - REPORT_VIEWS.indexOf(b.view) ||
      b.overrides - a.overrides ||
      (a.key < b.key ? -1 : 1),
  );
  return { total: fates.reduce(counted, NOTHING), groups: sorted };
};
