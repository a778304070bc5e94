import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import { GraphContext } from '../context';
import { keyOf } from '../global-id';
import { SubmitGradeOverrideInput, SubmitGradeOverridePayload } from './override.types';

@Resolver()
export class OverrideResolver {
  @Mutation(() => SubmitGradeOverridePayload, {
    description:
      'Puts an override up for decision. The levels follow from the approval matrix by direction and notches.',
  })
  async submitGradeOverride(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitGradeOverrideInput) input: SubmitGradeOverrideInput,
  ): Promise<SubmitGradeOverridePayload> {
    const customerId = keyOf('Customer', input.customerId);
    return requestPayload(await context.app.overrides.submit(context.initiator, { ...input, customerId }));
  }
}
