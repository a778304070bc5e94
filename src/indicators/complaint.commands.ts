/**
 * Puts complaints on record with the severity that the rules give them, and lets the indicators of complaints follow: how
 * many in a year, and how severe the worst. Needs `complaint.record`.
 */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { customerExists } from '../customers';
import { permit } from '../identity';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { COMPLAINT_RULES_VERSION } from './domain/complaint-rules-data';
import { isFuture, parseDate } from './domain/parse-date';
import { OWN_SOURCES } from './domain/precedence';
import { rateComplaint, type RatedComplaint } from './domain/rate-complaint';
import { contentDigest, type SnapshotContent } from './domain/snapshot';
import { withholdPersonalData } from './domain/withhold-personal-data';
import { complaintYears, customersToCountAgain, insertComplaint, newestComplaintDay } from './complaint.store';
import { lockValues, newestDigests } from './indicator.store';
import { newSnapshot, takeIn } from './take-in';

export interface ComplaintInput {
  readonly customerId: string;
  readonly text: string;
  /** YYYY-MM-DD; the day of recording where it is left out. */
  readonly receivedOn?: string;
}

const RECOUNT_AFTER_DAYS = 30;

export const createComplaintCommands = ({ unitOfWork }: { readonly unitOfWork: UnitOfWork }) => ({
  /** Refuses REQUIRED/TEXT, INVALID/RECEIVED_ON, OUT_OF_RANGE/FUTURE_DATE, NOT_FOUND/CUSTOMER. */
  recordComplaint: async (
    by: Initiator,
    { customerId, text, receivedOn }: ComplaintInput,
  ): Promise<
    Result<RatedComplaint & { readonly id: string; readonly customerId: string; readonly auditEventId: string }>
  > => {
    const permitted = permit(by.actor, 'complaint.record');
    if (!permitted.ok) return permitted;
    return unitOfWork.run(by, async (tx) => {
      const kept = withholdPersonalData(text).trim();
      if (kept === '') return refuse('REQUIRED', 'A complaint has a text.', { reason: 'TEXT', field: ['text'] });
      const day = receivedOn ?? tx.at.toISOString().slice(0, 10);
      if (parseDate(day) !== day) {
        return refuse('INVALID', 'The day is a calendar date like 2025-12-31.', {
          reason: 'RECEIVED_ON',
          field: ['receivedOn'],
        });
      }
      if (isFuture(day, tx.at)) {
        return refuse('OUT_OF_RANGE', 'The day lies in the future.', { reason: 'FUTURE_DATE', field: ['receivedOn'] });
      }
      await lockValues(tx);
      if (!(await customerExists(tx, customerId))) {
        return refuse('NOT_FOUND', 'There is no such party.', { reason: 'CUSTOMER', field: ['customerId'] });
      }
      const rated = rateComplaint(kept);
      const id = tx.newId();
      await insertComplaint(tx, {
        ...rated,
        id,
        customerId,
        receivedOn: day,
        text: kept,
        rulesVersion: COMPLAINT_RULES_VERSION,
      });
      await countComplaints(tx, [customerId], (await newestComplaintDay(tx, customerId)) ?? day);
      // The words themselves stay out of the log: it is for ever, and they may tell of persons.
      const auditEventId = tx.record({
        action: 'complaint.recorded',
        object: { type: 'Complaint', id },
        customerId,
        after: { receivedOn: day, severity: rated.severity },
        data: { rulesVersion: COMPLAINT_RULES_VERSION, matched: rated.matched.map((rule) => ({ ...rule })) },
      });
      return ok({ ...rated, id, customerId, auditEventId });
    });
  },

  /**
   * Counts again for customers whose complaints have been counted a month ago, so that what is older than a year stops
   * counting. Yields how many customers; for the system.
   */
  countComplaintsAgain: (by: Initiator, atMost: number): Promise<Result<number>> =>
    unitOfWork.run<number>(by, async (tx) => {
      await lockValues(tx);
      const day = tx.at.toISOString().slice(0, 10);
      const customerIds = await customersToCountAgain(tx, { day, afterDays: RECOUNT_AFTER_DAYS, limit: atMost });
      if (customerIds.length === 0) {
        tx.unchanged();
        return ok(0);
      }
      await countComplaints(tx, customerIds, day);
      tx.record({
        action: 'complaint.countedAgain',
        object: { type: 'IndicatorProjection', id: 'complaints' },
        data: { customers: customerIds.length, day },
      });
      return ok(customerIds.length);
    }),
});

/** Tells the indicators of complaints as of a day. */
const countComplaints = async (tx: Tx, customerIds: readonly string[], asOf: string): Promise<void> => {
  const counted = (await complaintYears(tx, customerIds, asOf)).map(({ customerId, count, severity }) => {
    const content: SnapshotContent = {
      asOf,
      source: OWN_SOURCES.COMPLAINTS,
      quality: 'REPORTED',
      values: { complaintCount: String(count), complaintSeverity: String(severity) },
    };
    return { customerId, content };
  });
  const newest = await newestDigests(
    tx,
    counted.map(({ customerId, content }) => ({ customerId, asOf, source: content.source })),
  );
  await takeIn(
    tx,
    counted.flatMap(({ customerId, content }, i) =>
      newest[i] === contentDigest(content) ? [] : [newSnapshot(tx, customerId, content)],
    ),
  );
};
