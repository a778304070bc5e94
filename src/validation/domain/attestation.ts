/**
 * The yearly attestation (supervision rule R18): what is said of each statement of the policy, and when it is due. A statement that
 * does not hold is attested as well, with the reason; what is left out is not.
 */
import { z } from 'zod';
import { addMonths } from '../../kernel/business-days';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { AttestationPolicy } from '../../policies';

export const attestationSchema = z.strictObject({
  year: z.number().int(),
  answers: z.array(
    z.strictObject({
      statement: z.string(),
      nameZh: z.string(),
      nameEn: z.string(),
      holds: z.boolean(),
      remark: z.string().nullable(),
    }),
  ),
  /** As {@link AttestationFigures}, when it was put up. */
  figures: z.json(),
});
export type AttestationPayload = z.infer<typeof attestationSchema>;

export interface AttestationAnswer {
  /** Code of the statement. */
  readonly statement: string;
  readonly holds: boolean;
  readonly remark?: string | null;
}

/** How the rules were kept in the year, and how things stand at the moment. */
export interface AttestationFigures {
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Ratings due and not made at the moment (R11); re-ratings for events of the year, and those after their deadline (R12). */
  readonly ratings: { readonly overdue: number; readonly asked: number; readonly late: number };
  /** Overrides that took effect in the year, and what became of their customers (R4). */
  readonly overrides: Readonly<Record<'overrides' | 'known' | 'bad' | 'borneOut' | 'refuted', number>>;
  /** By source and kind of outcome: areas under the ROC curve of the model's grades and of those in force, four places (R5). */
  readonly power: readonly {
    readonly source: string;
    readonly event: string;
    readonly rated: number;
    readonly bad: number;
    readonly modelAuc: string | null;
    readonly inForceAuc: string | null;
  }[];
  /** Tables whose rows were compared with the log, and rows that do not agree with it (R21). */
  readonly log: Readonly<Record<'tables' | 'comparedTables' | 'openDiscrepancies', number>>;
}

/** The year that is over at a moment, by UTC. */
export const yearOver = (now: Date): number => now.getUTCFullYear() - 1;

/** Day by which the attestation of a year is due, YYYY-MM-DD: the last one of the months that the policy gives. */
export const dueDay = (year: number, { dueMonths }: Pick<AttestationPolicy, 'dueMonths'>): string =>
  addMonths(`${year}-12-31`, dueMonths);

/**
 * Each statement is answered once, in the order of the policy. Refuses INVALID.STATEMENTS with those that lack an answer or have
 * several or are unknown, and REQUIRED for one that does not hold and says not why.
 */
export const decideAttestation = (
  { statements }: Pick<AttestationPolicy, 'statements'>,
  answers: readonly AttestationAnswer[],
): Result<AttestationPayload['answers']> => {
  const codes = statements.map(({ code }) => code);
  const given = answers.map(({ statement }) => statement);
  const odd = [
    ...codes.filter((code) => given.filter((one) => one === code).length !== 1),
    ...given.filter((code) => !codes.includes(code)),
  ];
  if (odd.length > 0) {
    return refuse('INVALID', `each statement is answered once: ${odd.join(' ')}`, {
      reason: 'STATEMENTS',
      field: ['answers'],
      params: { statements: odd.join(' ') },
    });
  }
  const silent = answers.findIndex(({ holds, remark }) => !holds && (remark ?? '').trim() === '');
  if (silent !== -1) {
    return refuse('REQUIRED', 'a statement that does not hold says why', {
      field: ['answers', 'remark'],
      index: silent,
    });
  }
  return ok(
    statements.flatMap(({ code, nameZh, nameEn }) =>
      answers
        .filter(({ statement }) => statement === code)
        .map(({ holds, remark }) => ({
          statement: code,
          nameZh,
          nameEn,
          holds,
          remark: (remark ?? '').trim() === '' ? null : (remark ?? '').trim(),
        })),
    ),
  );
};
