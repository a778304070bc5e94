/** What the schema offers, held against what the read models serve: lists of what does not fit, by name. */
import {
  getNamedType,
  getNullableType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { ReadField, ReadModel } from '../../src/platform/read-model';

type Models = ReadonlyMap<string, ReadModel>;

export interface ReadRules {
  readonly schema: GraphQLSchema;
  readonly models: Models;
  /** Types whose objects are values of a model's field, or parts of one. */
  readonly values: readonly string[];
  /** Types that resolvers at the root answer with. */
  readonly answers: readonly string[];
  /** Fields that lead to another model and are never null all the same. */
  readonly neverNull: readonly string[];
}

const isPage = (type: GraphQLObjectType): boolean => 'pageInfo' in type.getFields();

const itemOf = (page: GraphQLObjectType): GraphQLObjectType | undefined => {
  const item = getNamedType(page.getFields()['nodes']?.type);
  return isObjectType(item) ? item : undefined;
};

/** The object types of what a field holds. */
const objectsIn = (field: GraphQLField<unknown, unknown>): readonly GraphQLObjectType[] => {
  const type = getNamedType(field.type);
  if (isUnionType(type)) return type.getTypes();
  return isObjectType(type) ? [type] : [];
};

/** Whether reading the object's property is all that answers the field. */
const isRead = ({ resolve, extensions }: GraphQLField<unknown, unknown>): boolean =>
  resolve === undefined || extensions['read'] !== undefined;

/** Everything that does not fit; empty where whatever can be asked for is served, and whatever is served can be asked for. */
export const misfits = ({ schema, models, values, answers, neverNull }: ReadRules): string[] => {
  const found: string[] = [];
  const types = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !isIntrospectionType(type),
  );
  const ofModels = new Map<string, GraphQLObjectType>();
  const valuesSeen = new Map<string, GraphQLObjectType>();
  const seeValue = (type: GraphQLObjectType): void => {
    if (valuesSeen.has(type.name)) return;
    valuesSeen.set(type.name, type);
    for (const field of Object.values(type.getFields())) objectsIn(field).forEach(seeValue);
  };

  const follow = (model: ReadModel, type: GraphQLObjectType): void => {
    if (ofModels.has(model.name)) return;
    ofModels.set(model.name, type);
    const fields = type.getFields();
    for (const [name, readField] of Object.entries(model.fields)) {
      const field = fields[name];
      if (field === undefined) found.push(`${model.name}.${name} cannot be asked for`);
      else followField(`${type.name}.${name}`, field, readField);
    }
    for (const field of Object.values(fields)) {
      if (isRead(field) && model.fields[field.name] === undefined) {
        found.push(`${type.name}.${field.name} is not served by the model ${model.name}`);
      }
    }
  };

  const followField = (path: string, field: GraphQLField<unknown, unknown>, readField: ReadField): void => {
    if (!isRead(field)) found.push(`${path} has a resolver, and a field of the model that it hides`);
    const [object] = objectsIn(field);
    switch (readField.kind) {
      case 'identity':
        return;
      case 'column':
      case 'computed':
      case 'batched':
        objectsIn(field).forEach(seeValue);
        return;
      case 'one':
      case 'many':
      case 'connection': {
        const item = readField.kind === 'connection' && object !== undefined ? itemOf(object) : object;
        const target = models.get(readField.model);
        if (target === undefined) found.push(`${path} leads to the model ${readField.model}, which is not there`);
        const listed = isListType(getNullableType(field.type));
        const paged = object !== undefined && isPage(object);
        if (
          item === undefined ||
          listed !== (readField.kind === 'many') ||
          paged !== (readField.kind === 'connection')
        ) {
          found.push(`${path} is read as ${readField.kind}, which its type is not`);
        } else if (target !== undefined) {
          // Rows of one model may stand in several places; they are of one type in all of them.
          const named = types.find(({ name }) => name === target.name) ?? ofModels.get(target.name) ?? item;
          if (named !== item) found.push(`${path} makes objects of ${target.name} a second type, ${item.name}`);
          follow(target, named);
        }
        if (readField.kind === 'one' && isNonNullType(field.type) !== neverNull.includes(path)) {
          found.push(`${path} is ${neverNull.includes(path) ? 'null at times' : 'never null'}, though not by rule`);
        }
      }
    }
  };

  for (const model of models.values()) {
    const type = types.find(({ name }) => name === model.name);
    if (type !== undefined) follow(model, type);
  }
  for (const { name } of models.values()) if (!ofModels.has(name)) found.push(`the model ${name} is of no type`);

  // What is no model is a value, a page, an answer or a part of one of these, and named as such.
  const known = new Set([...[...ofModels.values()].map(({ name }) => name), ...valuesSeen.keys()]);
  for (const type of types) {
    const { name } = type;
    const fields = Object.values(type.getFields());
    const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type);
    if (isRoot) {
      for (const field of fields) {
        const ready = field.resolve ?? field.subscribe;
        if (ready === undefined) found.push(`${name}.${field.name} has no resolver`);
      }
      continue;
    }
    if (valuesSeen.has(name) !== values.includes(name)) {
      found.push(
        `${name} is ${values.includes(name) ? 'no value of a model, though named as one' : 'an unnamed value'}`,
      );
    }
    const isPart = isPage(type) || /Edge$/.test(name);
    if (known.has(name) || values.includes(name) || isPart) continue;
    if (!answers.includes(name)) found.push(`${name} is served by nobody`);
  }
  for (const name of answers) {
    if (known.has(name) || !types.some((type) => type.name === name)) found.push(`${name} is no answer of a resolver`);
  }
  return found;
};
