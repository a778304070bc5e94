/**
 * How operations are executed: queries that come again by code that is compiled for their document once, everything else
 * by graphql-js. Both answer alike; compiled code only saves the walk through document and schema for each field.
 */
import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import {
  BREAK,
  execute,
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import type { GraphContext } from './context';
import { MOMENT_ARGUMENTS } from './moments';
import { JsonScalar } from './scalars';

type Gateway = ApolloServerOptionsWithGateway<GraphContext>['gateway'];
type GatewayExecutor = NonNullable<Awaited<ReturnType<Gateway['load']>>['executor']>;

export interface Execution {
  readonly document: DocumentNode;
  readonly context: GraphContext;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | null | undefined;
}

export type Executor = (execution: Execution) => Promise<ExecutionResult>;

interface Compiled {
  readonly operation: OperationDefinitionNode;
  readonly query: CompiledQuery['query'];
}

/** `present` is `schema` without what only documents with moments of the past need. */
export const createExecutor = (schema: GraphQLSchema, present: GraphQLSchema): Executor => {
  /** By document and name of the operation; null for one that is not compiled. */
  const known = new WeakMap<DocumentNode, Map<string, Compiled | null>>();
  /** A document is compiled when it comes the second time: most of those made up by hand never do. */
  const compiledOf = (document: DocumentNode, operationName: string): Compiled | null => {
    const operations = known.get(document);
    if (operations === undefined) {
      known.set(document, new Map());
      return null;
    }
    const found = operations.get(operationName);
    if (found !== undefined) return found;
    const compiled = compile(namesMoments(document) ? schema : present, document, operationName);
    operations.set(operationName, compiled);
    return compiled;
  };

  return async ({ document, context, variables, operationName }) => {
    const compiled = compiledOf(document, operationName ?? '');
    if (compiled !== null) {
      const { coerced } = getVariableValues(schema, compiled.operation.variableDefinitions ?? [], variables ?? {});
      if (coerced !== undefined) {
        const { data, errors } = await compiled.query(undefined, context, coerced);
        return { data, ...(errors === undefined ? {} : { errors: errors.map(asThrown) }) };
      }
      // They do not fit: graphql-js finds that again, and says so.
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

const namesMoments = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Argument: ({ name }) => {
      if (!MOMENT_ARGUMENTS.has(name.value)) return undefined;
      found = true;
      return BREAK;
    },
  });
  return found;
};

/** Payloads of mutations hold functions, which only graphql-js calls; subscriptions have their own way. */
const compile = (schema: GraphQLSchema, document: DocumentNode, operationName: string): Compiled | null => {
  const name = operationName === '' ? undefined : operationName;
  const operation = getOperationAST(document, name);
  if (operation?.operation !== OperationTypeNode.QUERY) return null;
  const options = { disablingCapturingStackErrors: true };
  try {
    const query = compileQuery(schema, withCoercedVariables(document, operation), name, options);
    return isCompiledQuery(query) ? { operation, query: query.query } : null;
  } catch (error) {
    // What the compiler does not take is executed the plain way, which says what is wrong with it.
    if (error instanceof GraphQLError) return null;
    throw error;
  }
};

/**
 * The document with variables of any value. The compiler would write the reading of input types out to their full depth, and
 * filters nest in themselves; graphql-js reads them as well as ever.
 */
const withCoercedVariables = (document: DocumentNode, operation: OperationDefinitionNode): DocumentNode => {
  const variableDefinitions = (operation.variableDefinitions ?? []).map(({ kind, variable }) => ({
    kind,
    variable,
    type: ANY_VALUE,
  }));
  return {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition === operation ? { ...operation, variableDefinitions } : definition,
    ),
  };
};

const ANY_VALUE: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: JsonScalar.name } };

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
