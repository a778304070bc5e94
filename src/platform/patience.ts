/**
 * How long somebody waits for what he asked. When a patience is lost, what is read for it is ended in the middle of a
 * statement, and what is being changed for it is undone, unless its commit has begun: from then on nothing is cut, since
 * who hears of no answer must not have changed anything.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Why a patience was lost. */
export type LossOfPatience = 'OPERATION_TIMEOUT' | 'CALLER_GONE';

/** Thrown in place of whatever was to be read or changed. */
export class OutOfPatience extends Error {
  constructor(readonly reason: LossOfPatience) {
    super(reason === 'CALLER_GONE' ? 'the caller is gone' : 'the operation takes too long');
    this.name = 'OutOfPatience';
  }
}

type Kind = 'read' | 'change';

/** Of one operation. */
export class Patience {
  private readonly listeners: Record<Kind, Set<() => void>> = { read: new Set(), change: new Set() };
  private loss: OutOfPatience | null = null;
  private committed = false;

  /** Yields what to tell the caller; null where something was committed, so that the operation goes on to its answer. */
  lose(reason: LossOfPatience): OutOfPatience | null {
    this.loss ??= new OutOfPatience(reason);
    if (!this.committed) for (const hear of this.listeners.read) hear();
    for (const hear of this.listeners.change) hear();
    return this.lossOf('read');
  }

  /** Throws where nobody waits any more; what was committed is always waited for, what follows it is not begun. */
  demand(kind: Kind): void {
    const loss = this.lossOf(kind);
    if (loss !== null) throw loss;
  }

  /** Null as long as it is waited for. */
  lossOf(kind: Kind): OutOfPatience | null {
    return kind === 'read' && this.committed ? null : this.loss;
  }

  /** Throws where it is too late for it; afterwards it is too late to cut it. */
  beginCommit(): void {
    this.demand('change');
    this.committed = true;
  }

  /** Calls `hear` at the loss; yields what takes that back. */
  onLoss(kind: Kind, hear: () => void): () => void {
    const listeners = this.listeners[kind];
    listeners.add(hear);
    return () => void listeners.delete(hear);
  }
}

const here = new AsyncLocalStorage<Patience>();

/** Everything that `work` asks of the database is under this patience. */
export const patiently = <T>(patience: Patience, work: () => T): T => here.run(patience, work);

/** For work that is done for others too: nobody's patience is theirs. */
export const apart = <T>(work: () => T): T => here.exit(work);

export const patienceHere = (): Patience | null => here.getStore() ?? null;
