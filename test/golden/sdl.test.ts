import { createSchema, printedSchema } from '../../graphql/schema';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';
import { expectGolden } from './golden';

const schema: GraphQLSchema = createSchema();

it('the schema that the resolvers make is the committed one', () => {
  expectGolden('graphql/schema.graphql', printedSchema(schema));
});

it('every type, field, argument and enum value of ours is described or speaks for itself', () => {
  const bare: string[] = [];
  // Names that are the whole description: grades, and closed lists whose type says what they are.
  const selfEvident = new Set([
    'Grade', 'PartyKind', 'CompanySize', 'RelationKind', 'Line', 'IndicatorDirection', 'ValueQuality',
    'ChangeRequestVerb', 'Verdict', 'GradeCause', 'CustomerOrderField', 'OrderDirection',
  ]);
  const selfEvidentArguments = new Set(['id', 'ids', 'input', 'where', 'orderBy', 'kind', 'number']);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      const root = ['Query', 'Mutation'].includes(type.name);
      if (!root && !type.description) bare.push(type.name);
      for (const field of Object.values(type.getFields())) {
        if (!field.description) bare.push(`${type.name}.${field.name}`);
        if ('args' in field) {
          for (const argument of field.args) {
            if (!argument.description && !selfEvidentArguments.has(argument.name)) {
              bare.push(`${type.name}.${field.name}(${argument.name})`);
            }
          }
        }
      }
    }
    if (isEnumType(type)) {
      if (!type.description) bare.push(type.name);
      if (selfEvident.has(type.name)) continue;
      for (const value of type.getValues()) if (!value.description) bare.push(`${type.name}.${value.name}`);
    }
  }
  expect(bare).toEqual([]);
});
