import { buildSchema, validateSchema } from 'graphql';
import { createPresentSchema, createSchema, printedSchema } from '../../graphql/schema';
import { expectGolden } from './golden';
import { deprecatedWithoutDate, undescribed } from './schema-rules';

const schema = createSchema();

it('the schema that the resolvers make is the committed one', () => {
  expectGolden('graphql/schema.graphql', printedSchema(schema));
});

it('the schema is sound, with and without the past', () => {
  expect(validateSchema(schema)).toEqual([]);
  expect(validateSchema(createPresentSchema())).toEqual([]);
});

it('every type, field, argument, input and enum value is described', () => {
  expect(undescribed(schema)).toEqual([]);
});

it('what is deprecated says when it goes', () => {
  expect(deprecatedWithoutDate(schema)).toEqual([]);
});

it('both rules bite, wherever the fault is', () => {
  const faulty = buildSchema(`
    type Query {
      "Told." a(b: Int, "Told." c: In @deprecated(reason: "Use b. Removed after 2027-06-30.")): Int
      "Told." d: E @deprecated(reason: "Use a.")
    }
    "Told." enum E { F @deprecated(reason: "Removed after 2027-02-30.") "Told." G }
    "Told." input In { h: Int, "Told." i: Int @deprecated(reason: "Some day.") }
    scalar S
    union U = Query
    interface N { j("Told." k: Int @deprecated): S }
  `);
  expect(undescribed(faulty).sort()).toEqual(['E.F', 'In.h', 'N', 'N.j', 'Query', 'Query.a(b)', 'S', 'U']);
  expect(deprecatedWithoutDate(faulty).sort()).toEqual(['E.F', 'In.i', 'N.j(k)', 'Query.d']);
});
