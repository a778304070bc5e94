import { Ctx, Query, Resolver } from 'type-graphql';
import { ACTIONS, permit } from '../../src/identity';
import { GraphContext } from '../context';
import { toGlobalId } from '../global-id';
import { Viewer } from './user.types';

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
}
