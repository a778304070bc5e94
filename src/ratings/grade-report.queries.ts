/** Gathers what a grade report says and has it printed, as the viewer may see it. It writes nothing. */
import { permit } from '../identity';
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import { processingRefusals, type Customers } from '../customers';
import type { Database } from '../platform/database';
import { printPdf } from '../platform/pdf';
import type { Scorecards } from '../scorecards';
import { gradeReportPage, type ReportLanguage } from './grade-report.page';
import type { RatingQueries } from './rating.queries';

interface ReportDeps {
  readonly database: Database;
  readonly customers: Customers;
  readonly scorecards: Scorecards;
}

export interface PrintedReport {
  readonly customerId: string;
  readonly fileName: string;
  readonly pdf: Buffer;
}

/** Needs `rating.read`; refuses NOT_FOUND.RATING, and INVALID_STATE.RESTRICTED and .ERASED for persons. */
export const createReportQueries = (
  { database, customers, scorecards }: ReportDeps,
  ratings: Pick<RatingQueries, 'byIds' | 'calculationLogs' | 'reports'>,
) => ({
  printReport: async (viewer: Actor, ratingId: string, language: ReportLanguage): Promise<Result<PrintedReport>> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    const [rating] = await ratings.byIds(viewer, [ratingId]);
    const [customer] = rating === undefined ? [] : await customers.queries.byIds(viewer, [rating.customerId]);
    if (rating === undefined || customer === undefined) {
      return refuse('NOT_FOUND', 'There is no such rating.', { reason: 'RATING' });
    }
    const audits = permit(viewer, 'audit.read').ok;
    const blocked = (await processingRefusals(database.query, [customer.id], audits)).get(customer.id);
    if (blocked !== undefined) return refused(blocked);
    const [[log], [report], [version], [industry]] = await Promise.all([
      ratings.calculationLogs(viewer, [rating]),
      ratings.reports(viewer, [rating]),
      scorecards.versionsByIds([rating.scorecardVersionId]),
      database.query<{ zh: string; en: string }>('SELECT name_zh AS zh, name_en AS en FROM industry WHERE code = $1', [
        customer.industryCode,
      ]),
    ]);
    if (log === undefined || report === undefined || version === undefined)
      throw new Error('a rating lacks its report');
    const { name } = version.definition;
    const page = gradeReportPage(
      {
        ...rating,
        customer,
        industry: industry?.[language] ?? customer.industryCode,
        scorecard: { nameZh: name.zh, nameEn: name.en, number: version.number },
        log,
        report,
      },
      language,
    );
    return ok({
      customerId: customer.id,
      fileName: `${customer.number}-${rating.asOf}-${language}.pdf`,
      pdf: await printPdf(page),
    });
  },
});
