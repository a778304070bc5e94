/** Every published query and mutation once, for tests that hold of all operations, whatever they do. */
import { isSubscription, publishedOperations, type Answer, type TestApi } from './api';
import { RECIPES, runRecipes } from './recipes';

/** An operation under the name of its file. */
export interface PublishedOperation {
  readonly name: string;
  readonly document: string;
}

/** Those that no recipe shows with success, since what they mend has to fail first, are run as they are refused. */
const SUCCEEDING = new Set(RECIPES.filter(({ refused }) => refused === undefined).map(({ operation }) => operation));

/** On the rated sample. `around` is called once for every operation and executes it. Throws where one is left out. */
export const runPublishedOperations = async (
  api: TestApi,
  around: (operation: PublishedOperation, execute: () => Promise<Answer>) => Promise<Answer>,
): Promise<void> => {
  const left = new Map([...(await publishedOperations())].filter(([, document]) => !isSubscription(document)));
  await runRecipes(api, ({ operation: name, refused }, execute) => {
    const document = left.get(name);
    if (document === undefined || (refused !== undefined && SUCCEEDING.has(name))) return execute();
    left.delete(name);
    return around({ name, document }, execute);
  });
  if (left.size > 0) throw new Error(`no recipe in test/support/recipes.ts: ${[...left.keys()].join(', ')}`);
};
