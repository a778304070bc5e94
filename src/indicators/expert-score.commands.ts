/** Puts scores that people give on record, with who gave them, when and why. Needs `indicator.score`. */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { customerExists } from '../customers';
import { permit } from '../identity';
import type { UnitOfWork } from '../platform/unit-of-work';
import { decideExpertScore, type ExpertScore } from './domain/decide-expert-score';
import { lockValues } from './indicator.store';
import { newSnapshot, takeIn } from './take-in';

export const createExpertScoreCommands = ({ unitOfWork }: { readonly unitOfWork: UnitOfWork }) => ({
  /**
   * Every score is kept, also one that says what was said before: another person may stand behind it. Refuses what
   * decideExpertScore refuses and NOT_FOUND/CUSTOMER.
   */
  recordExpertScore: async (
    by: Initiator,
    { customerId, ...score }: ExpertScore & { readonly customerId: string },
  ): Promise<Result<{ readonly customerId: string; readonly auditEventId: string }>> => {
    const permitted = permit(by.actor, 'indicator.score');
    if (!permitted.ok) return permitted;
    return unitOfWork.run(by, async (tx) => {
      const decision = decideExpertScore(score, tx.at);
      if (!decision.ok) return decision;
      await lockValues(tx);
      if (!(await customerExists(tx, customerId))) {
        return refuse('NOT_FOUND', 'There is no such party.', { reason: 'CUSTOMER', field: ['customerId'] });
      }
      const { reason, ...content } = decision.value;
      const snapshot = { ...newSnapshot(tx, customerId, content), reason };
      await takeIn(tx, [snapshot]);
      const auditEventId = tx.record({
        action: 'indicator.scored',
        object: { type: 'Customer', id: customerId },
        after: { snapshotId: snapshot.id, asOf: content.asOf, values: content.values },
        reason,
      });
      return ok({ customerId, auditEventId });
    });
  },
});
