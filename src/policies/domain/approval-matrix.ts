/**
 * The approval matrix: who must agree to a change, by its kind, direction and size (governance §3): a decision table for each
 * kind. A matrix that cannot be evaluated for a change demands the highest levels, never none.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { GRADES } from '../../kernel/grade';
import { ROLES, type Role } from '../../kernel/role';
import { LINES, type Line } from '../../kernel/line';
import { matchRow, meets, type DecisionTable, type Dimension, type TableInput, type TableRow } from './decision-table';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);

/** Agreeing votes, from different people: a number of them 「或签」, or everybody who can vote when it is submitted 「会签」. */
const quorumSchema = z.union([z.number().int().min(1), z.literal('ALL')]);

const groupSchema = z
  .strictObject({ role: z.enum(ROLES).optional(), line: z.enum(LINES).optional(), quorum: quorumSchema })
  .refine(({ role, line }) => role !== undefined || line !== undefined, 'a group has a role, a line, or both');

/** One group, named by its role; or several groups that must all agree, for example risk and finance. */
const levelSchema = z
  .strictObject({
    role: z.enum(ROLES).optional(),
    quorum: quorumSchema.optional(),
    groups: z.array(groupSchema).min(1).optional(),
    /** Hours of business days in which the level is to act; then it is reminded, and after that escalated. */
    slaHours: z.number().int().min(1).max(1_000).optional(),
    /** Who may act in its place, one after the other, as it goes on being silent. */
    escalateTo: z.array(z.enum(ROLES)).optional(),
    /** Whether each vote must be signed with the voter's own key. */
    signed: z.boolean().optional(),
  })
  .refine(
    ({ role, quorum, groups }) =>
      groups === undefined ? role !== undefined && quorum !== undefined : role === undefined && quorum === undefined,
    'a level has a role with its quorum, or groups',
  );

const whenSchema = z.strictObject({
  kind: z.string().min(1),
  direction: z.enum(['UP', 'DOWN']).optional(),
  /** Size of a grade change, absolute, in notches, both ends included. */
  notches: z.strictObject({ min: z.number().int().min(1), max: z.number().int().min(1) }).optional(),
  /** Amount after the change, above and at most, in major units of the policy's currency. */
  amountAbove: decimalText.optional(),
  amountUpTo: decimalText.optional(),
  /** Change relative to the amount before, absolute, above and at most (0.2 = 20 %). */
  relativeChangeAbove: decimalText.optional(),
  relativeChangeUpTo: decimalText.optional(),
  /** Kinds of policy that would change. */
  policies: z.array(z.string().min(1)).min(1).optional(),
});

/** Name of the row where no other fits or can be evaluated. */
export const HIGHEST_ROW = 'highest';

export const approvalMatrixSchema = z.strictObject({
  /** FIRST: the first row that fits; UNIQUE: no two rows of a kind may fit the same change. */
  hitPolicy: z.enum(['FIRST', 'UNIQUE']).optional(),
  rows: z
    .array(z.strictObject({ id: z.string().min(1), when: whenSchema, levels: z.array(levelSchema).min(1) }))
    .refine((rows) => new Set(rows.map(({ id }) => id)).size === rows.length, 'two rows have the same name')
    .refine((rows) => rows.every(({ id }) => id !== HIGHEST_ROW), 'a row is named like the highest levels'),
  /** Levels where no row fits or a condition cannot be evaluated. */
  highest: z.array(levelSchema).min(1),
});

export type ApprovalMatrix = z.infer<typeof approvalMatrixSchema>;
export type ApprovalLevel = z.infer<typeof levelSchema>;

export interface ApprovalGroup {
  readonly role?: Role | undefined;
  readonly line?: Line | undefined;
  readonly quorum: number | 'ALL';
}

/** The groups of a level, however it was written down. */
export const groupsOf = ({ role, quorum, groups }: ApprovalLevel): readonly ApprovalGroup[] => {
  if (groups !== undefined) return groups;
  if (role === undefined || quorum === undefined) throw new Error('a level without anybody to ask');
  return [{ role, quorum }];
};

/** What is known of a change. A size that cannot be told is left out; rows that ask for it then cannot be evaluated. */
export interface ChangeFacts {
  readonly kind: string;
  readonly direction?: 'UP' | 'DOWN';
  /** Absolute. */
  readonly notches?: number;
  /** Amount after the change, plain decimal. */
  readonly amount?: string;
  /** |after − before| ÷ before, plain decimal; left out where before is zero. */
  readonly relativeChange?: string;
  /** Kind of the policy that would change. */
  readonly policy?: string;
}

export interface Routing {
  /** Row that fits, or `highest`. */
  readonly rowId: string;
  readonly levels: readonly ApprovalLevel[];
}

/** What the table of a kind asks about; kinds that are not named here have one case. The amount of an override is what is at stake. */
export const CHANGE_DIMENSIONS: Readonly<Record<string, readonly Dimension[]>> = {
  GRADE_OVERRIDE: [
    { name: 'direction', kind: 'CHOICE', values: ['UP', 'DOWN'] },
    { name: 'notches', kind: 'NUMBER', min: '1', max: String(GRADES.length - 1), step: '1' },
    { name: 'amount', kind: 'NUMBER', min: '0', step: '0.01' },
  ],
  GRADE_UPGRADE: [
    { name: 'direction', kind: 'CHOICE', values: ['UP'] },
    { name: 'notches', kind: 'NUMBER', min: '1', max: String(GRADES.length - 1), step: '1' },
  ],
  CREDIT_LIMIT: [
    { name: 'direction', kind: 'CHOICE', values: ['UP'] },
    { name: 'amount', kind: 'NUMBER', min: '0.01', step: '0.01' },
    { name: 'relativeChange', kind: 'NUMBER', min: '0' },
  ],
};

/** The table of one kind of change. Inputs are names of {@link ChangeFacts}. */
export const tableOfKind = (
  { hitPolicy = 'FIRST', rows }: ApprovalMatrix,
  kind: string,
  dimensions: readonly Dimension[] = CHANGE_DIMENSIONS[kind] ?? [],
): DecisionTable => ({
  hitPolicy,
  dimensions,
  rows: rows
    .filter(({ when }) => when.kind === kind)
    .map(({ id, when, levels }) => ({ id, when: conditionsOf(when), outcome: { levels } })),
});

type When = ApprovalMatrix['rows'][number]['when'];

const conditionsOf = (when: When): TableRow['when'] => ({
  ...(when.direction === undefined ? {} : { direction: [when.direction] }),
  ...(when.notches === undefined ? {} : { notches: { from: String(when.notches.min), to: String(when.notches.max) } }),
  ...within('amount', when.amountAbove, when.amountUpTo),
  ...within('relativeChange', when.relativeChangeAbove, when.relativeChangeUpTo),
  ...(when.policies === undefined ? {} : { policy: when.policies }),
});

const within = (name: string, above: string | undefined, upTo: string | undefined): TableRow['when'] =>
  above === undefined && upTo === undefined
    ? {}
    : {
        [name]: {
          ...(above === undefined ? {} : { from: above, fromExcluded: true }),
          ...(upTo === undefined ? {} : { to: upTo }),
        },
      };

/** Facts as a table takes them: sizes are absolute. Null where one that some row asks for is not known. */
const inputOf = ({ rows }: DecisionTable, facts: ChangeFacts): TableInput | null => {
  const { direction, notches, amount, relativeChange, policy } = facts;
  const input: TableInput = {
    ...(direction === undefined ? {} : { direction }),
    ...(notches === undefined ? {} : { notches: String(Math.abs(notches)) }),
    ...(amount === undefined ? {} : { amount: new Decimal(amount).abs().toFixed() }),
    ...(relativeChange === undefined ? {} : { relativeChange: new Decimal(relativeChange).abs().toFixed() }),
    ...(policy === undefined ? {} : { policy }),
  };
  // Asked before any row is tried: an unknown size must not slip past a row that another condition rules out, unless that
  // one is known not to hold.
  const candidates = rows.filter(
    ({ when }) => input['direction'] === undefined || meets(when['direction'], input['direction']),
  );
  const asked = new Set(candidates.flatMap(({ when }) => Object.keys(when)));
  return [...asked].every((name) => input[name] !== undefined) ? input : null;
};

export const routeChange = (matrix: ApprovalMatrix, facts: ChangeFacts): Routing => {
  const table = tableOfKind(matrix, facts.kind);
  const input = inputOf(table, facts);
  return routingOf(matrix, input === null ? null : (matchRow(table, input)?.id ?? null));
};

/** The levels of a row; the highest where there is none of that name. */
const routingOf = (matrix: ApprovalMatrix, rowId: string | null): Routing => {
  const row = matrix.rows.find(({ id }) => id === rowId);
  return row === undefined ? { rowId: HIGHEST_ROW, levels: matrix.highest } : { rowId: row.id, levels: row.levels };
};
