/**
 * Many decisions under one confirmation 「批量」: each is judged and recorded by itself, in a transaction of its own, and what
 * stands against one stops no other.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { ApprovalDeps, VerbOutcome } from './request-handler';
import { vote, type VoteCommand } from './vote.commands';

const MOST = 100;
/** Transactions at a time; more would take connections from everybody else. */
const AT_ONCE = 6;

export type ManyDecided = readonly { readonly requestId: string; readonly outcome: Result<VerbOutcome> }[];

/** Refuses OUT_OF_RANGE for more than a hundred, and INVALID where a request is named twice. */
export const voteOnMany = async (
  deps: ApprovalDeps,
  by: Initiator,
  commands: readonly VoteCommand[],
): Promise<Result<ManyDecided>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok) return permitted;
  // Under the key of the whole: asked again with others under the same key, none of them is decided.
  const fit = await deps.unitOfWork.run(by, async (tx) => {
    tx.unchanged();
    return areFit(commands);
  });
  if (!fit.ok) return fit;
  const decided: { requestId: string; outcome: Result<VerbOutcome> }[] = [];
  const waiting = commands.entries();
  const work = async (): Promise<void> => {
    for (const [i, command] of waiting) {
      decided[i] = { requestId: command.requestId, outcome: await vote(deps, keyedFor(by, command), command) };
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, commands.length) }, work));
  return ok(decided);
};

const areFit = (commands: readonly VoteCommand[]): Result<true> => {
  if (commands.length === 0 || commands.length > MOST) {
    return refuse('OUT_OF_RANGE', `1 to ${MOST} requests are decided at once`, {
      reason: 'DECISIONS',
      field: ['decisions'],
      params: { max: MOST },
    });
  }
  const doubled = commands.findIndex(
    ({ requestId }, i) => commands.findIndex((other) => other.requestId === requestId) !== i,
  );
  if (doubled !== -1) {
    return refuse('INVALID', 'a request is decided once', {
      reason: 'NAMED_TWICE',
      field: ['decisions'],
      index: doubled,
    });
  }
  return ok(true);
};

/** Each transaction keeps its answer under a key of its own, made of that of the whole. */
const keyedFor = (by: Initiator, { requestId, signature: _, ...command }: VoteCommand): Initiator =>
  by.idempotency === undefined
    ? by
    : {
        ...by,
        idempotency: {
          key: digestOf({ key: by.idempotency.key, requestId }),
          bodyDigest: digestOf({ ...command, requestId }),
        },
      };
