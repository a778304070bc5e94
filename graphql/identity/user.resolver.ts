import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import { ACTIONS, permit, type UserFilter } from '../../src/identity';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf, toGlobalId } from '../global-id';
import { given, type Given } from '../inputs';
import { ReadField, readPage } from '../reads';
import { OrgUnit, OrgUnitConnection, User, UserConnection, UserWhere, Viewer } from './user.types';

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
  users(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => UserWhere, { nullable: true, description: 'Which ones; all when left out.' })
    where?: UserWhere,
  ): Promise<Connection<User>> {
    const filter = filterOf(given(where));
    const list = valueOrFault(context.app.identity.queries.listUsers(context.actor, filter));
    return readPage(context, info, list, args, { list: 'users', order: 'displayName', filter: asJson(filter) });
  }

  @Query(() => OrgUnitConnection, { description: 'Org units, by code.' })
  orgUnits(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<OrgUnit>> {
    const list = valueOrFault(context.app.identity.queries.listOrgUnits(context.actor));
    return readPage(context, info, list, args, { list: 'orgUnits', order: 'code', filter: null });
  }
}

@Resolver(() => OrgUnit)
export class OrgUnitResolver {
  @ReadField(() => OrgUnit, { nullable: true, description: 'The unit that it is part of; null at the top.' })
  parent!: OrgUnit | null;
}

const filterOf = ({ orgUnit, ...rest }: Given<UserWhere>): UserFilter => ({
  ...rest,
  ...(orgUnit === undefined ? {} : { orgUnitId: keyOf('OrgUnit', orgUnit) }),
});
