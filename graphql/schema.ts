/** The schema: every resolver of every room, listed once. */
import 'reflect-metadata';
import { getNamedType, isObjectType, isScalarType, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { ChangeRequestResolver, VoteResolver } from './approvals/change-request.resolver';
import { AuditResolver } from './audit/audit-event.resolver';
import { CustomerRelationResolver, CustomerResolver } from './customers/customer.resolver';
import { IdentityResolver, OrgUnitResolver } from './identity/user.resolver';
import { CustomerIndicatorsResolver, IndicatorResolver } from './indicators/indicator.resolver';
import { LimitResolver } from './limits/limit.resolver';
import { NodeResolver } from './node.resolver';
import { OverrideResolver } from './overrides/override.resolver';
import { PolicyResolver } from './policies/policy.resolver';
import { ParkedCustomerResolver, RatingRunResolver } from './ratings/rating-run.resolver';
import { CustomerGradeResolver, CustomerRatingsResolver, RatingResolver } from './ratings/rating.resolver';
import { readWithObjects } from './reads';
import { DateTimeScalar } from './scalars';
import { SubscriptionResolver } from './subscriptions/subscription.resolver';
import { aroundMutations } from './user-errors';
import { OutcomeResolver } from './validation/outcome.resolver';

export const createSchema = (): GraphQLSchema => described(readWithObjects(buildSchema(), true));

/** The same for queries that name no moment of the past: fields that could look back have no resolver there. */
export const createPresentSchema = (): GraphQLSchema => readWithObjects(buildSchema(), false);

const buildSchema = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      AuditResolver,
      ChangeRequestResolver,
      CustomerGradeResolver,
      CustomerIndicatorsResolver,
      CustomerRatingsResolver,
      CustomerRelationResolver,
      CustomerResolver,
      IdentityResolver,
      IndicatorResolver,
      LimitResolver,
      NodeResolver,
      OrgUnitResolver,
      OutcomeResolver,
      OverrideResolver,
      PolicyResolver,
      ParkedCustomerResolver,
      RatingResolver,
      RatingRunResolver,
      SubscriptionResolver,
      VoteResolver,
    ],
    validate: true,
    globalMiddlewares: [aroundMutations],
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    pubSub: NOBODYS,
  });

const unused = (): never => {
  throw new Error('subscriptions have feeds of their own');
};
/** The library demands one as soon as there are subscriptions, though each says by itself what it follows. */
const NOBODYS: PubSub = { publish: unused, subscribe: unused };

/** What the decorators leave without words: the root types, and arguments whose type says what they are. */
const described = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    type.description ??= ROOTS[type.name];
    for (const argument of Object.values(type.getFields()).flatMap((field) => field.args)) {
      const named = getNamedType(argument.type);
      if (!isScalarType(named)) argument.description ??= named.description;
    }
  }
  return schema;
};

const ROOTS: Readonly<Record<string, string>> = {
  Query: 'What can be asked. Nothing here changes anything.',
  Mutation: 'What can be done. Whatever the user can mend is answered in `userErrors`.',
  Subscription: 'What can be followed as it happens.',
};

/** The schema in the schema language, as it is committed in graphql/schema.graphql. */
export const printedSchema = (schema: GraphQLSchema): string =>
  `# Emitted from the resolvers by \`npm run goldens\`; edits here are overwritten.\n\n${printSchema(schema)}\n`;
