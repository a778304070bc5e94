/** Every published query and mutation once, with success, for tests that hold of all operations, whatever they do. */
import { isSubscription, publishedOperations, type Answer, type TestApi } from './api';
import { runRecipes } from './recipes';

/** An operation under the name of its file. */
export interface PublishedOperation {
  readonly name: string;
  readonly document: string;
}

/** On the rated sample. `around` is called once for every operation and executes it. Throws where one is left out. */
export const runPublishedOperations = async (
  api: TestApi,
  around: (operation: PublishedOperation, execute: () => Promise<Answer>) => Promise<Answer>,
): Promise<void> => {
  const left = new Map([...(await publishedOperations())].filter(([, document]) => !isSubscription(document)));
  await runRecipes(api, ({ operation: name, refused }, execute) => {
    const document = left.get(name);
    if (document === undefined || refused !== undefined) return execute();
    left.delete(name);
    return around({ name, document }, execute);
  });
  if (left.size > 0) throw new Error(`no recipe in test/support/recipes.ts: ${[...left.keys()].join(', ')}`);
};
