/**
 * The same key and body, the same answer: what a mutation shows under an idempotency key is kept as it leaves, and shown
 * again to whoever asks the same. The unit of work keeps what was done; this keeps how it looked, since objects go on changing.
 */
import { getNamedType, isObjectType, print, type GraphQLResolveInfo } from 'graphql';
import type { App } from '../src/app';
import { digestOf, type Json } from '../src/kernel/canonical-json';
import { keepShown } from '../src/platform/idempotency-key';
import type { GraphContext } from './context';
import type { Executor } from './execution';
import { variablesUnder } from './reads';

/** To be called for every mutation of a document, before it is run. */
export const noteShowing = (context: GraphContext, info: GraphQLResolveInfo): void => {
  const { idempotency, signedIn } = context;
  if (idempotency === null || signedIn === null || showsWhatIsNeverKept(info)) return;
  const { fieldNodes, fragments, variableValues } = info;
  const variables = [...new Set(fieldNodes.flatMap((node) => variablesUnder(node, fragments)))].sort();
  const shownTo = digestOf({
    fields: fieldNodes.map(({ selectionSet }) => (selectionSet === undefined ? '' : print(selectionSet))),
    fragments: Object.values(fragments).map((fragment) => print(fragment)),
    variables: variables.map((name) => [name, JSON.stringify(variableValues[name]) ?? null]),
    // Somebody with other roles may not see the same.
    roles: [...signedIn.roles],
  } satisfies Json);
  context.showings.set(String(info.path.key), { idempotency, shownTo });
};

/** Whether the payload has a field, asked for or not, that must not lie about in the database: it is answered live each time. */
const showsWhatIsNeverKept = ({ returnType }: GraphQLResolveInfo): boolean => {
  const payload = getNamedType(returnType);
  return (
    isObjectType(payload) &&
    Object.values(payload.getFields()).some(({ extensions }) => extensions['neverKept'] === true)
  );
};

/** Executes, and answers what was done under a key before as it was answered then. */
export const showingAlike =
  ({ database }: Pick<App, 'database'>, executor: Executor): Executor =>
  async (execution) => {
    const result = await executor(execution);
    const { showings, signedIn } = execution.context;
    if (showings.size === 0 || signedIn === null || result.data == null) return result;
    const data: Record<string, unknown> = { ...result.data };
    const failed = new Set(result.errors?.map(({ path }) => path?.[0]));
    for (const [name, showing] of showings) {
      const found = data[name];
      // What could not be shown as a whole is no answer yet.
      if (typeof found !== 'object' || found === null || failed.has(name)) continue;
      data[name] = await keepShown(database.query, signedIn.id, showing, found);
    }
    showings.clear();
    return { ...result, data };
  };
