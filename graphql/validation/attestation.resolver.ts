import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { toGlobalId } from '../global-id';
import { Attestation, SubmitAttestationInput, SubmitAttestationPayload } from './attestation.types';

@Resolver()
export class AttestationResolver {
  @Query(() => [Attestation], { description: 'Attestations that are due or were given, the newest year first.' })
  async attestations(@Ctx() { app, actor, now }: GraphContext): Promise<Attestation[]> {
    const views = valueOrFault(await app.validation.queries.attestations(actor, now));
    return views.map(({ requestId, ...view }) => ({
      ...view,
      requestId: requestId === null ? null : toGlobalId('ChangeRequest', requestId),
    }));
  }

  @Mutation(() => SubmitAttestationPayload, {
    description:
      'Puts the attestation of a year up for decision, with its figures. It is given when those agree whom the approval matrix names.',
  })
  async submitAttestation(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitAttestationInput) input: SubmitAttestationInput,
  ): Promise<SubmitAttestationPayload> {
    return requestPayload(await context.app.validation.submitAttestation(context.initiator, input));
  }
}
