/**
 * The nine grades of the master scale, best first, and the views derived from them (domain rules D18, D19).
 * A notch is one step between neighbours.
 */
export const GRADES = ['AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C'] as const;
export type Grade = (typeof GRADES)[number];

/** 9 for AAA down to 1 for C: a higher rank is a better grade. */
export const rankOf = (grade: Grade): number => GRADES.length - GRADES.indexOf(grade);

/** Inverse of {@link rankOf}; throws a RangeError outside 1–9. */
export const gradeOfRank = (rank: number): Grade => {
  const grade = GRADES[GRADES.length - rank];
  if (grade === undefined) throw new RangeError(`no grade has rank ${rank}`);
  return grade;
};

/** Signed distance in notches: positive when `to` is better than `from`. */
export const notchesBetween = (from: Grade, to: Grade): number => rankOf(to) - rankOf(from);

export const isWorse = (a: Grade, b: Grade): boolean => rankOf(a) < rankOf(b);

/** Four-level view 「四级」: 优质 (AAA–AA), 良好 (A–BBB), 一般 (BB–B), 风险 (CCC–C). */
export const GRADE_BANDS = ['EXCELLENT', 'GOOD', 'FAIR', 'AT_RISK'] as const;
export type GradeBand = (typeof GRADE_BANDS)[number];

export const bandOf = (grade: Grade): GradeBand => {
  const rank = rankOf(grade);
  if (rank >= 8) return 'EXCELLENT';
  if (rank >= 6) return 'GOOD';
  if (rank >= 4) return 'FAIR';
  return 'AT_RISK';
};

/** Customer groups by grade, to which resources are given 「客户群」: quality (AAA–AA), potential (A–BBB), risk (BB–C). */
export const PORTFOLIO_BANDS = ['QUALITY', 'POTENTIAL', 'RISK'] as const;
export type PortfolioBand = (typeof PORTFOLIO_BANDS)[number];

export const portfolioBandOf = (grade: Grade): PortfolioBand => {
  const rank = rankOf(grade);
  if (rank >= 8) return 'QUALITY';
  return rank >= 6 ? 'POTENTIAL' : 'RISK';
};

/** A grade as people are shown it. */
export interface GradeView {
  readonly value: Grade;
  readonly rank: number;
  readonly band: GradeBand;
  readonly portfolioBand: PortfolioBand;
}

const VIEWS = Object.fromEntries(
  GRADES.map((grade) => [
    grade,
    Object.freeze({
      value: grade,
      rank: rankOf(grade),
      band: bandOf(grade),
      portfolioBand: portfolioBandOf(grade),
    }),
  ]),
) as Readonly<Record<Grade, GradeView>>;

export const gradeView = (grade: Grade): GradeView => VIEWS[grade];
