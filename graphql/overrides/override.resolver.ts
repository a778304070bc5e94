import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import { GraphContext } from '../context';
import { ChangeRequest } from '../approvals/change-request.types';
import { keyOf } from '../global-id';
import { ReadField } from '../reads';
import { InputOverride, SubmitInputOverrideInput, SubmitInputOverridePayload } from './input-override.types';
import {
  ReviseGradeOverrideInput,
  ReviseGradeOverridePayload,
  SubmitGradeOverrideInput,
  SubmitGradeOverridePayload,
} from './override.types';

@Resolver(() => InputOverride)
export class InputOverrideResolver {
  @Mutation(() => SubmitInputOverridePayload, {
    description:
      'Puts a value in place of a source’s up for decision 「输入推翻」. Agreed to, it holds for the day of the source’s value until its time is over; the next rating says so.',
  })
  async submitInputOverride(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitInputOverrideInput) input: SubmitInputOverrideInput,
  ): Promise<SubmitInputOverridePayload> {
    const customerId = keyOf('Customer', input.customerId);
    return requestPayload(await context.app.overrides.submitInput(context.initiator, { ...input, customerId }));
  }

  @ReadField(() => ChangeRequest, { nullable: true, description: 'The request that put it in force.' })
  request!: ChangeRequest | null;
}

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

  @Mutation(() => ReviseGradeOverridePayload, {
    description:
      'Changes what an override proposes while it lies with its maker 「修改」. Who does so has had a hand in it and cannot decide it.',
  })
  async reviseGradeOverride(
    @Ctx() context: GraphContext,
    @Arg('input', () => ReviseGradeOverrideInput) input: ReviseGradeOverrideInput,
  ): Promise<ReviseGradeOverridePayload> {
    const requestId = keyOf('ChangeRequest', input.requestId);
    return requestPayload(await context.app.overrides.revise(context.initiator, { ...input, requestId }));
  }
}
