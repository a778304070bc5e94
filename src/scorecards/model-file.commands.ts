/** Takes in files of models that were trained elsewhere. What is there is never replaced: its digest is its name. */
import { createHash } from 'node:crypto';
import { permit } from '../identity';
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { insertModelFile } from './scorecard.store';
import type { ScorecardDeps } from './scorecard.commands';

export interface ModelFileAdded {
  /** Lower-case hex SHA-256, by which versions name it. */
  readonly digest: string;
  /** Whether it was not there before. */
  readonly added: boolean;
}

const LARGEST_MIB = 32;

/**
 * Idempotent; needs `policy.publish`. Refuses OUT_OF_RANGE.MODEL_SIZE. Whether it is a model that fits a version is looked at
 * when one that names it is put up for review.
 */
export const addModelFile = async (
  deps: ScorecardDeps,
  by: Initiator,
  content: Buffer,
): Promise<Result<ModelFileAdded>> => {
  const permitted = permit(by.actor, 'policy.publish');
  if (!permitted.ok) return permitted;
  if (content.length === 0 || content.length > LARGEST_MIB * 1024 * 1024) {
    return refuse('OUT_OF_RANGE', `A model file has 1 byte to ${LARGEST_MIB} MiB.`, {
      reason: 'MODEL_SIZE',
      params: { bytes: content.length, mostMiB: LARGEST_MIB },
    });
  }
  const digest = createHash('sha256').update(content).digest('hex');
  return deps.unitOfWork.run(by, async (tx) => {
    const added = await insertModelFile(tx, digest, content);
    if (added) {
      tx.record({
        action: 'modelFile.added',
        object: { type: 'ModelFile', id: digest },
        after: { digest, bytes: content.length },
      });
    } else {
      tx.unchanged();
    }
    return ok({ digest, added });
  });
};
