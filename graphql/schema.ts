/** The schema: every resolver of every room, listed once. */
import 'reflect-metadata';
import { printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ChangeRequestResolver, VoteResolver } from './approvals/change-request.resolver';
import { AuditResolver } from './audit/audit-event.resolver';
import { CustomerRelationResolver, CustomerResolver } from './customers/customer.resolver';
import { IdentityResolver, OrgUnitResolver } from './identity/user.resolver';
import { IndicatorResolver } from './indicators/indicator.resolver';
import { LimitResolver } from './limits/limit.resolver';
import { NodeResolver } from './node.resolver';
import { OverrideResolver } from './overrides/override.resolver';
import { PolicyResolver } from './policies/policy.resolver';
import { ParkedCustomerResolver, RatingRunResolver } from './ratings/rating-run.resolver';
import { CustomerGradeResolver, CustomerRatingsResolver, RatingResolver } from './ratings/rating.resolver';
import { DateTimeScalar } from './scalars';
import { aroundMutations } from './user-errors';

export const createSchema = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      AuditResolver,
      ChangeRequestResolver,
      CustomerGradeResolver,
      CustomerRatingsResolver,
      CustomerRelationResolver,
      CustomerResolver,
      IdentityResolver,
      IndicatorResolver,
      LimitResolver,
      NodeResolver,
      OrgUnitResolver,
      OverrideResolver,
      PolicyResolver,
      ParkedCustomerResolver,
      RatingResolver,
      RatingRunResolver,
      VoteResolver,
    ],
    validate: true,
    globalMiddlewares: [aroundMutations],
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
  });

/** The schema in the schema language, as it is committed in graphql/schema.graphql. */
export const printedSchema = (schema: GraphQLSchema): string =>
  `# Emitted from the resolvers by \`npm run goldens\`; edits here are overwritten.\n\n${printSchema(schema)}\n`;
