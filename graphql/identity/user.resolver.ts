import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { ACTIONS, permit, type UserFilter } from '../../src/identity';
import { asJson, PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf, toGlobalId } from '../global-id';
import { given, type Given } from '../inputs';
import {
  OrgUnit,
  OrgUnitConnection,
  orgUnitNode,
  User,
  UserConnection,
  userNode,
  UserWhere,
  Viewer,
} from './user.types';

@Resolver()
export class IdentityResolver {
  @Query(() => Viewer, { description: 'Who the caller is and what the caller may do.' })
  viewer(@Ctx() { actor }: GraphContext): Viewer {
    return {
      id: toGlobalId('User', actor.id),
      displayName: actor.name,
      roles: actor.roles,
      permissions: ACTIONS.filter((action) => permit(actor, action).ok),
    };
  }

  @Query(() => UserConnection, { description: 'Users, by name.' })
  async users(
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => UserWhere, { nullable: true, description: 'Which ones; all when left out.' })
    where?: UserWhere,
  ): Promise<Connection<User>> {
    const filter = filterOf(given(where));
    const binding = { list: 'users', order: 'displayName', filter: asJson(filter) };
    const { users, countUsers } = app.identity.queries;
    const page = valueOrFault(await users(actor, filter, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, userNode, async () => valueOrFault(await countUsers(actor, filter)));
  }

  @Query(() => OrgUnitConnection, { description: 'Org units, by code.' })
  async orgUnits(
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<OrgUnit>> {
    const binding = { list: 'orgUnits', order: 'code', filter: null };
    const { orgUnitPage, countOrgUnits } = app.identity.queries;
    const page = valueOrFault(await orgUnitPage(actor, pageRequest(args, binding, 1)));
    return toConnection(page, args, binding, orgUnitNode, async () => valueOrFault(await countOrgUnits(actor)));
  }
}

@Resolver(() => OrgUnit)
export class OrgUnitResolver {
  @FieldResolver(() => OrgUnit, { nullable: true, description: 'The unit that it is part of; null at the top.' })
  async parent(@Root() unit: OrgUnit, @Ctx() { loaders }: GraphContext): Promise<OrgUnit | null> {
    const view = unit.parentId === null ? null : await loaders.orgUnits.load(unit.parentId);
    return view === null ? null : orgUnitNode(view);
  }
}

const filterOf = ({ orgUnit, ...rest }: Given<UserWhere>): UserFilter => ({
  ...rest,
  ...(orgUnit === undefined ? {} : { orgUnitId: keyOf('OrgUnit', orgUnit) }),
});
