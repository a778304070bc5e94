/**
 * Finds and opens the model that a version pins, once per process however many ratings ask for it. The file comes from the
 * database, where every worker finds it.
 */
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Database } from '../platform/database';
import { apart } from '../platform/patience';
import { modelOf, type ScorecardDefinition } from './domain/scorecard-definition';
import { openModel, type ModelRunner } from './model-runner';
import { findModelFile } from './scorecard.queries';

export interface Models {
  /**
   * Null for versions that need none. Refuses INVALID_STATE.MODEL_MISSING where the file was never taken in, and what
   * `openModel` refuses.
   */
  open(version: {
    readonly digest: string;
    readonly definition: ScorecardDefinition;
  }): Promise<Result<ModelRunner | null>>;
}

/** Few versions are in use at a time; what is dropped goes once nobody works with it any more. */
const KEPT = 4;

export const createModels = ({ query }: Pick<Database, 'query'>, open = openModel): Models => {
  const opened = new Map<string, Promise<Result<ModelRunner>>>();
  return {
    open: async ({ digest, definition }) => {
      const model = modelOf(definition);
      if (model.kind !== 'ONNX') return ok(null);
      const known = opened.get(digest);
      if (known !== undefined) return known;
      // Others wait for it too.
      const opening = apart(async () => {
        const file = await findModelFile(query, model.digest);
        return file === null
          ? refuse('INVALID_STATE', `the model file ${model.digest} was never taken in`, {
              reason: 'MODEL_MISSING',
              params: { digest: model.digest },
            })
          : open(definition, file);
      });
      opened.set(digest, opening);
      for (const oldest of [...opened.keys()].slice(0, -KEPT)) opened.delete(oldest);
      // What was refused or failed is looked at again: the file may come, or the package.
      const keep = await opening.then(
        (result) => result.ok,
        () => false,
      );
      if (!keep) opened.delete(digest);
      return opening;
    },
  };
};
