/**
 * What an operation costs, in points: one for each field, times the items of the lists it stands in; a tenth where it tells of
 * the schema. The estimate is made from the document and the variables before anything runs; it knows nothing of what the
 * database holds.
 */
import {
  GraphQLError,
  getNullableType,
  isCompositeType,
  getNamedType,
  isListType,
  Kind,
  visit,
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { getComplexity, simpleEstimator, type ComplexityEstimator } from 'graphql-query-complexity';
import { MAX_PAGE_SIZE } from '../src/kernel/page';
import { fault } from './faults';
import { introspectionPoints, isIntrospection, pointsFor } from './introspection-cost';

type Variables = Readonly<Record<string, unknown>>;

export interface CostModel {
  /**
   * Points of the operation under these variables; null where the variables do not fit, so that it will not run. Throws
   * COST_LIMIT_EXCEEDED where even counting would cost too much, BAD_USER_INPUT where an argument cannot be read.
   */
  costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number | null;
  /** Points of what an answer to the operation holds, objects inside of JSON values not counted. */
  fieldsOf(document: DocumentNode, operation: OperationDefinitionNode, data: unknown): number;
}

/** Items that a list of objects is taken for when nothing in the document says how many. */
const ASSUMED_LIST_SIZE = 10;
/** Selections that one operation may have once its fragments are written out. */
const MAX_SELECTIONS = 10_000;
/**
 * Arguments that say how long a list is: items of a page, or one item for each id; and those that say how much of the schema
 * is looked at.
 */
const SIZES = new Set(['first', 'ids', 'name', 'includeDeprecated']);
/** Estimates that are remembered for one document. */
const REMEMBERED = 256;

/** Above every limit that can be set, there is no need to count on. */
const HOPELESS = 1_000_000;

const listEstimator: ComplexityEstimator = ({ type, field, args, childComplexity }) =>
  1 + childComplexity * itemsOf(type, field, args);

const itemsOf = (
  type: Parameters<ComplexityEstimator>[0]['type'],
  field: Parameters<ComplexityEstimator>[0]['field'],
  args: Variables,
): number => {
  const { first, ids } = args;
  // A longer page is refused by its resolver, so it costs no more than the longest.
  if (typeof first === 'number') return Math.min(Math.max(first, 1), MAX_PAGE_SIZE);
  if (Array.isArray(ids)) return Math.max(ids.length, 1);
  if (!isListType(getNullableType(field.type)) || !isCompositeType(getNamedType(field.type))) return 1;
  // The items of a connection were counted where its page was asked for.
  const counted = 'getFields' in type && 'pageInfo' in type.getFields();
  return counted ? 1 : ASSUMED_LIST_SIZE;
};

export const createCostModel = (schema: GraphQLSchema): CostModel => {
  const known = new WeakMap<DocumentNode, KnownDocument>();
  const knownOf = (document: DocumentNode): KnownDocument => {
    const found = known.get(document) ?? { sizing: sizingVariables(document), costs: new Map(), shapes: new Map() };
    known.set(document, found);
    return found;
  };

  const estimate = (
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
  ): number | null => {
    // Those that do not fit make no difference here: then there is no estimate.
    const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    try {
      return getComplexity({
        schema,
        query: document,
        variables,
        ...(operation.name === undefined ? {} : { operationName: operation.name.value }),
        estimators: [
          ({ node }) =>
            isIntrospection(node) ? introspectionPoints(schema, document, node, coerced, HOPELESS) : undefined,
          listEstimator,
          simpleEstimator({ defaultComplexity: 1 }),
        ],
        maxQueryNodes: MAX_SELECTIONS,
      });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      // Execution coerces them again, and reports every one that does not fit.
      if (getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors !== undefined) return null;
      throw error.nodes === undefined
        ? fault('COST_LIMIT_EXCEEDED', `an operation has at most ${MAX_SELECTIONS} selections`, {
            reason: 'TOO_MANY_SELECTIONS',
            http: { status: 400 },
          })
        : fault('BAD_USER_INPUT', error.message, { reason: 'ARGUMENT', http: { status: 400 } });
    }
  };

  return {
    costOf: (document, operation, variables) => {
      const { sizing, costs } = knownOf(document);
      const key = JSON.stringify([operation.name?.value, ...sizing.map((name) => sizeOf(variables[name]))]);
      const remembered = costs.get(key);
      if (remembered !== undefined) return remembered;
      const cost = estimate(document, operation, variables);
      if (cost === null) return null;
      if (costs.size >= REMEMBERED) costs.clear();
      costs.set(key, cost);
      return cost;
    },
    fieldsOf: (document, operation, data) => {
      const { shapes } = knownOf(document);
      const name = operation.name?.value;
      const shape = shapes.get(name) ?? shapeOf(document, operation.selectionSet);
      shapes.set(name, shape);
      let points = countFields(data, shape);
      for (const response of introspectionsIn(operation)) {
        const told = countFields((data as Readonly<Record<string, unknown>> | null)?.[response], shape.get(response));
        points += pointsFor(told) - told;
      }
      return points;
    },
  };
};

interface KnownDocument {
  /** Variables that change the estimate; all others may differ without counting again. */
  readonly sizing: readonly string[];
  readonly costs: Map<string, number>;
  readonly shapes: Map<string | undefined, Shape>;
}

const sizeOf = (value: unknown): unknown => (Array.isArray(value) ? [value.length] : value);

const sizingVariables = (document: DocumentNode): string[] => {
  const names = new Set<string>();
  const collect = (node: ASTNode): void => {
    visit(node, {
      Variable: ({ name }) => {
        names.add(name.value);
      },
    });
  };
  visit(document, {
    Directive: collect,
    Argument: (argument) => {
      if (SIZES.has(argument.name.value)) collect(argument);
    },
  });
  return [...names];
};

/** The fields of an answer that hold objects, by the names they have in it. Fields that merge have the same shape. */
type Shape = Map<string, Shape>;

const shapeOf = (document: DocumentNode, selectionSet: SelectionSetNode, shape: Shape = new Map()): Shape => {
  for (const selection of selectionSet.selections) {
    switch (selection.kind) {
      case Kind.FIELD: {
        if (selection.selectionSet === undefined) break;
        const name = (selection.alias ?? selection.name).value;
        shape.set(name, shapeOf(document, selection.selectionSet, shape.get(name)));
        break;
      }
      case Kind.INLINE_FRAGMENT:
        shapeOf(document, selection.selectionSet, shape);
        break;
      case Kind.FRAGMENT_SPREAD:
        for (const definition of document.definitions) {
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value) {
            shapeOf(document, definition.selectionSet, shape);
          }
        }
        break;
    }
  }
  return shape;
};

/** Names in the answer of what tells of the schema. */
const introspectionsIn = ({ selectionSet }: OperationDefinitionNode): string[] =>
  selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD && isIntrospection(selection) ? [(selection.alias ?? selection.name).value] : [],
  );

const countFields = (value: unknown, shape: Shape = new Map()): number => {
  let fields = 0;
  if (Array.isArray(value)) {
    for (const item of value) fields += countFields(item, shape);
    return fields;
  }
  if (typeof value !== 'object' || value === null) return 0;
  // This runs over every answer: the own names are counted without making a list of them.

  for (const _ in value) fields += 1;
  for (const [name, inner] of shape) fields += countFields((value as Readonly<Record<string, unknown>>)[name], inner);
  return fields;
};
