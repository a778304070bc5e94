/**
 * How operations are executed: queries that come again by code that is compiled for their document once, everything else
 * by graphql-js. Both answer alike; compiled code only saves the walk through document and schema for each field.
 */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import {
  execute,
  getOperationAST,
  GraphQLError,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import type { GraphContext } from './context';

type Gateway = ApolloServerOptionsWithGateway<GraphContext>['gateway'];
type GatewayExecutor = NonNullable<Awaited<ReturnType<Gateway['load']>>['executor']>;

export interface Execution {
  readonly document: DocumentNode;
  readonly context: GraphContext;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | null | undefined;
}

export type Executor = (execution: Execution) => Promise<ExecutionResult>;

/** Compiled operations of one document, by name; null for one that is not compiled. */
type Compiled = Map<string, CompiledQuery | null>;

export const createExecutor = (schema: GraphQLSchema): Executor => {
  const compiled = new WeakMap<DocumentNode, Compiled>();
  /** A document is compiled when it comes the second time: most of those made up by hand never do. */
  const compiledOf = (document: DocumentNode, operationName: string): CompiledQuery | null => {
    const known = compiled.get(document);
    if (known === undefined) {
      compiled.set(document, new Map());
      return null;
    }
    const found = known.get(operationName);
    if (found !== undefined) return found;
    const query = compile(schema, document, operationName);
    known.set(operationName, query);
    return query;
  };

  return async ({ document, context, variables, operationName }) => {
    const query = compiledOf(document, operationName ?? '');
    if (query !== null) {
      const result = await query.query(undefined, context, variables ?? {});
      // Nothing was executed where the variables do not fit: graphql-js says so in the words that callers know.
      if (result.data !== undefined)
        return { ...result, ...(result.errors && { errors: result.errors.map(asThrown) }) };
    }
    return execute({
      schema,
      document,
      contextValue: context,
      variableValues: variables,
      operationName,
    });
  };
};

/** Payloads of mutations hold functions, which only graphql-js calls; subscriptions have their own way. */
const compile = (schema: GraphQLSchema, document: DocumentNode, operationName: string): CompiledQuery | null => {
  const name = operationName === '' ? undefined : operationName;
  if (getOperationAST(document, name)?.operation !== 'query') return null;
  try {
    const query = compileQuery(schema, document, name, { disablingCapturingStackErrors: true });
    return isCompiledQuery(query) ? query : null;
  } catch (error) {
    // What the compiler does not take is executed the plain way, which says what is wrong with it.
    if (error instanceof GraphQLError) return null;
    throw error;
  }
};

/** Errors of compiled code look like those of graphql-js but are none. */
const asThrown = ({ message, path, locations, originalError, extensions }: GraphQLError): GraphQLError => {
  const error = new GraphQLError(message, { path, originalError, extensions });
  return locations === undefined
    ? error
    : Object.defineProperty(error, 'locations', { value: locations, enumerable: true });
};

/** Lets Apollo Server execute by `executor`: the one place where it takes another than graphql-js. */
export const executingBy = (schema: GraphQLSchema, executor: Executor): Gateway => ({
  onSchemaLoadOrUpdate: (listener) => {
    listener({ apiSchema: schema, coreSupergraphSdl: '' });
    return () => undefined;
  },
  load: () =>
    Promise.resolve({
      executor: (({ document, context, request, operationName }) =>
        executor({
          document,
          context: context as GraphContext,
          variables: request.variables,
          operationName: request.operationName ?? operationName,
        })) as GatewayExecutor,
    }),
  stop: () => Promise.resolve(),
});
