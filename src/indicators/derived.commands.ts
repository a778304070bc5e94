/**
 * Takes the figures over all customers that derived indicators are held against, once a month, and lets every customer's
 * newest values follow. Both may be called again at any time: PostgreSQL knows what was taken and how far it was applied.
 */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import type { UnitOfWork } from '../platform/unit-of-work';
import { customersWithPeers, newestPeerFigureSet, noteFiguresApplied, takePeerFigures } from './derived.store';
import { lockValues } from './indicator.store';
import { deriveAgainstPeers } from './take-in';

/** Customers of one unit of work. */
const CHUNK = 1000;

export const createDerivedCommands = ({ unitOfWork }: { readonly unitOfWork: UnitOfWork }) => ({
  /** Takes a set of figures unless this month has one. Yields whether it did. */
  takePeerFigures: (by: Initiator): Promise<Result<boolean>> =>
    unitOfWork.run<boolean>(by, async (tx) => {
      await lockValues(tx);
      const newest = await newestPeerFigureSet(tx);
      if (newest !== null && monthOf(newest.takenAt) >= monthOf(tx.at)) {
        tx.unchanged();
        return ok(false);
      }
      const number = (newest?.number ?? 0) + 1;
      const figures = await takePeerFigures(tx, number);
      tx.record({
        action: 'indicator.peerFiguresTaken',
        object: { type: 'PeerFigureSet', id: String(number) },
        data: { figures },
      });
      return ok(true);
    }),

  /** Holds the next customers against the newest set; yields how many they were, 0 when everybody has been. */
  applyPeerFigures: (by: Initiator): Promise<Result<number>> =>
    unitOfWork.run<number>(by, async (tx) => {
      await lockValues(tx);
      const set = await newestPeerFigureSet(tx);
      if (set === null || set.doneAt !== null) {
        tx.unchanged();
        return ok(0);
      }
      const customerIds = await customersWithPeers(tx, set.doneUpto, CHUNK);
      const upto = customerIds.at(-1);
      await noteFiguresApplied(tx, set, upto === undefined ? 'DONE' : { upto });
      const derived = upto === undefined ? [] : await deriveAgainstPeers(tx, customerIds);
      tx.record({
        action: 'indicator.peerFiguresApplied',
        object: { type: 'PeerFigureSet', id: String(set.number) },
        data: { customers: customerIds.length, derived: derived.length, upto: upto ?? null },
      });
      return ok(customerIds.length);
    }),
});

const monthOf = (at: Date): string => at.toISOString().slice(0, 7);
