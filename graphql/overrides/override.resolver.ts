import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import { ChangeRequestPayload } from '../approvals/change-request.types';
import { GraphContext } from '../context';
import { keyOf } from '../global-id';
import { SubmitGradeOverrideInput } from './override.types';

@Resolver()
export class OverrideResolver {
  @Mutation(() => ChangeRequestPayload, {
    description:
      'Puts an override up for decision. The levels follow from the approval matrix by direction and notches.',
  })
  async submitGradeOverride(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitGradeOverrideInput) input: SubmitGradeOverrideInput,
  ): Promise<ChangeRequestPayload> {
    const customerId = keyOf('Customer', input.customerId);
    return requestPayload(context, await context.app.overrides.submit(context.initiator, { ...input, customerId }));
  }
}
