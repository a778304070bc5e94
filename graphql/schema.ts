/** The schema: every resolver of every room, listed once. */
import 'reflect-metadata';
import { getNamedType, isObjectType, isScalarType, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { ChangeRequestResolver, ChangeRequestStepResolver, VoteResolver } from './approvals/change-request.resolver';
import { DutyResolver } from './approvals/duty.resolver';
import { EvidenceResolver } from './approvals/evidence.resolver';
import { SigningKeyResolver } from './approvals/signing-key.resolver';
import { AuditResolver } from './audit/audit-event.resolver';
import { AuditLogResolver } from './audit/audit-log.resolver';
import { AuditSearchResolver } from './audit/audit-search.resolver';
import { CompletenessResolver } from './audit/completeness.resolver';
import { CustomerRelationResolver, CustomerResolver } from './customers/customer.resolver';
import { PersonResolver } from './customers/person.resolver';
import { IdentityResolver, OrgUnitResolver } from './identity/user.resolver';
import { ComplaintResolver, CustomerComplaintsResolver } from './indicators/complaint.resolver';
import {
  CustomerIndicatorsResolver,
  IndicatorConflictResolver,
  IndicatorResolver,
  IndicatorSourceResolver,
  IndicatorValueResolver,
} from './indicators/indicator.resolver';
import {
  CreditFreezeResolver,
  CreditOverUseResolver,
  ExposureEntryResolver,
  LimitResolver,
} from './limits/limit.resolver';
import { NodeResolver } from './node.resolver';
import { InputOverrideResolver, OverrideResolver } from './overrides/override.resolver';
import { PolicyResolver } from './policies/policy.resolver';
import { CampaignResolver } from './ratings/campaign.resolver';
import { ParkedCustomerResolver, RatingRunResolver, SimulationMoverResolver } from './ratings/rating-run.resolver';
import { CustomerGradeResolver, CustomerRatingsResolver, RatingResolver } from './ratings/rating.resolver';
import { DueRatingResolver, ReratingResolver } from './ratings/rerating.resolver';
import { WhatIfResolver } from './ratings/what-if.resolver';
import { readWithObjects } from './reads';
import { DateTimeScalar } from './scalars';
import { ScorecardVersionResolver } from './scorecards/scorecard.resolver';
import { SubscriptionResolver } from './subscriptions/subscription.resolver';
import {
  CustomerTierResolver,
  CustomerTiersResolver,
  LifeCycleEntryResolver,
  TierHistoryResolver,
  TierTaskResolver,
  ValueComputationResolver,
  ValueScoreResolver,
} from './tiers/tier.resolver';
import { answeringUserErrors } from './user-errors';
import { demandValid } from './valid-arguments';
import { AttestationResolver } from './validation/attestation.resolver';
import { OverrideReportResolver } from './validation/override-report.resolver';
import { OutcomeResolver } from './validation/outcome.resolver';
import {
  CustomerWarningsResolver,
  RiskEventResolver,
  WarningEntryResolver,
  WarningResolver,
  WarningTaskResolver,
} from './warnings/warning.resolver';

export const createSchema = (): GraphQLSchema => described(answeringUserErrors(readWithObjects(buildSchema(), true)));

/** The same for queries that name no moment of the past: fields that could look back have no resolver there. */
export const createPresentSchema = (): GraphQLSchema => readWithObjects(buildSchema(), false);

const buildSchema = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      AttestationResolver,
      AuditResolver,
      AuditLogResolver,
      CampaignResolver,
      AuditSearchResolver,
      ChangeRequestResolver,
      CompletenessResolver,
      ChangeRequestStepResolver,
      CustomerGradeResolver,
      CustomerIndicatorsResolver,
      IndicatorSourceResolver,
      IndicatorValueResolver,
      IndicatorConflictResolver,
      ComplaintResolver,
      CustomerComplaintsResolver,
      CustomerRatingsResolver,
      CustomerRelationResolver,
      CustomerResolver,
      CustomerTierResolver,
      CustomerTiersResolver,
      CustomerWarningsResolver,
      DueRatingResolver,
      DutyResolver,
      EvidenceResolver,
      IdentityResolver,
      IndicatorResolver,
      LimitResolver,
      CreditFreezeResolver,
      CreditOverUseResolver,
      ExposureEntryResolver,
      NodeResolver,
      OrgUnitResolver,
      OutcomeResolver,
      InputOverrideResolver,
      OverrideReportResolver,
      OverrideResolver,
      PersonResolver,
      PolicyResolver,
      ParkedCustomerResolver,
      RatingResolver,
      RatingRunResolver,
      ReratingResolver,
      RiskEventResolver,
      ScorecardVersionResolver,
      SigningKeyResolver,
      SimulationMoverResolver,
      SubscriptionResolver,
      LifeCycleEntryResolver,
      TierHistoryResolver,
      TierTaskResolver,
      ValueComputationResolver,
      ValueScoreResolver,
      VoteResolver,
      WarningEntryResolver,
      WarningResolver,
      WarningTaskResolver,
      WhatIfResolver,
    ],
    // It would run an introspection at every start; a test validates the schema instead.
    skipCheck: true,
    // What it would do by itself finds its validator anew for every argument.
    validateFn: demandValid,
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
