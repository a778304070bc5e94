/** Finds anything again by its id. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { changeRequestNode } from './approvals/change-request.types';
import { auditEventNode } from './audit/audit-event.types';
import { GraphContext } from './context';
import { customerNode, customerRelationNode } from './customers/customer.types';
import { fault } from './faults';
import { parseGlobalId, type NodeType } from './global-id';
import { orgUnitNode, userNode } from './identity/user.types';
import type { Loaders } from './loaders';
import { Node } from './node.types';
import { gradeOverrideNode } from './overrides/override.types';
import { policyVersionNode } from './policies/policy.types';
import { ratingNode, ratingRunNode } from './ratings/rating.types';
import { cutPointSetNode, scorecardVersionNode } from './scorecards/scorecard.types';

const MAX_IDS = 100;

const FINDERS: Readonly<Record<NodeType, (loaders: Loaders, key: string) => Promise<Node | null>>> = {
  AuditEvent: async ({ auditEvents }, key) => orNull(await auditEvents.load(key), auditEventNode),
  ChangeRequest: async ({ requests }, key) => orNull(await requests.load(key), changeRequestNode),
  Customer: async ({ customers }, key) => orNull(await customers.load(key), customerNode),
  CustomerRelation: async ({ relations }, key) => orNull(await relations.load(key), customerRelationNode),
  CutPointSet: async ({ cutPointSets }, key) => orNull(await cutPointSets.load(key), cutPointSetNode),
  GradeOverride: async ({ overrides }, key) => orNull(await overrides.load(key), gradeOverrideNode),
  OrgUnit: async ({ orgUnits }, key) => orNull(await orgUnits.load(key), orgUnitNode),
  PolicyVersion: async ({ policyVersions }, key) => orNull(await policyVersions.load(key), policyVersionNode),
  Rating: async ({ ratings }, key) => orNull(await ratings.load(key), ratingNode),
  RatingRun: async ({ runs }, key) => orNull(await runs.load(key), ratingRunNode),
  ScorecardVersion: async ({ scorecardVersions }, key) =>
    orNull(await scorecardVersions.load(key), scorecardVersionNode),
  User: async ({ users }, key) => orNull(await users.load(key), userNode),
};

const orNull = <View, Found>(view: View | null, node: (view: View) => Found): Found | null =>
  view === null ? null : node(view);

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Whatever has this id; null when it is not there or not for the caller.',
  })
  node(
    @Ctx() { loaders }: GraphContext,
    @Arg('id', () => ID, { description: 'Id of the object, whatever it is.' }) id: string,
  ): Promise<Node | null> {
    return find(loaders, id);
  }

  @Query(() => [Node], { nullable: 'items', description: `As \`node\`, for up to ${MAX_IDS} ids, in their order.` })
  nodes(
    @Ctx() { loaders }: GraphContext,
    @Arg('ids', () => [ID], { description: 'Ids of the objects, at most 100.' }) ids: string[],
  ): Promise<(Node | null)[]> {
    if (ids.length > MAX_IDS) throw fault('BAD_USER_INPUT', `at most ${MAX_IDS} ids`, { reason: 'TOO_MANY' });
    return Promise.all(ids.map((id) => find(loaders, id)));
  }
}

const find = async (loaders: Loaders, id: string): Promise<Node | null> => {
  const parsed = parseGlobalId(id);
  if (parsed === null) throw fault('BAD_USER_INPUT', 'not an id', { reason: 'INVALID_ID' });
  return FINDERS[parsed.type](loaders, parsed.key);
};
