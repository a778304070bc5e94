import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { ProtectionVerb } from '../../src/customers';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf, optionalKeyOf } from '../global-id';
import { ReadField, reading, readingAll } from '../reads';
import { payloadOf } from '../user-errors';
import { Customer } from './customer.types';
import {
  CorrectPersonalDataInput,
  CorrectPersonalDataPayload,
  LiftPersonRestrictionInput,
  LookUpPersonInput,
  LookUpPersonPayload,
  Person,
  PlaceLegalHoldInput,
  ProtectPersonPayload,
  RegisterPersonInput,
  RegisterPersonPayload,
  ReleaseLegalHoldInput,
  RequestErasureInput,
  RequestErasurePayload,
  RestrictPersonInput,
  RetainPersonInput,
  RevealPersonalDataInput,
  RevealPersonalDataPayload,
} from './person.types';

@Resolver(() => Customer)
export class PersonResolver {
  @ReadField(() => Person, { nullable: true, description: 'Set where the party is a natural person.' })
  person!: Person | null;

  @Mutation(() => RegisterPersonPayload, {
    description: 'Registers a natural person. The party bears a pseudonym; what is personal is kept sealed.',
  })
  async registerPerson(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RegisterPersonInput) { ownerUserId, orgUnitId, ...input }: RegisterPersonInput,
  ): Promise<RegisterPersonPayload> {
    return payloadOf(
      await app.persons.commands.register(initiator, {
        ...input,
        ownerUserId: optionalKeyOf('User', ownerUserId),
        orgUnitId: optionalKeyOf('OrgUnit', orgUnitId),
      }),
      ({ customer, auditEventId }) => ({
        customer: reading('Customer', customer.id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => RevealPersonalDataPayload, {
    description:
      'Shows what is personal of a person to somebody who needs it, and puts on record who looked and what for.',
  })
  async revealPersonalData(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RevealPersonalDataInput) { customerId, purpose }: RevealPersonalDataInput,
  ): Promise<RevealPersonalDataPayload> {
    const key = keyOf('Customer', customerId);
    const revealed = await app.persons.commands.reveal(initiator, { customerId: key, purpose });
    // Read once it is on record; the answer that is kept for the key does not hold it.
    const personal = revealed.ok ? valueOrFault(await app.persons.queries.personalData(initiator.actor, key)) : null;
    return payloadOf(revealed, ({ auditEventId }) => ({
      customer: reading('Customer', key),
      personal,
      auditEvent: reading('AuditEvent', auditEventId),
    }));
  }

  @Mutation(() => LookUpPersonPayload, {
    description: 'Finds persons by a whole name, document number or telephone number, and puts on record who looked.',
  })
  async lookUpPerson(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => LookUpPersonInput) { field, value, purpose }: LookUpPersonInput,
  ): Promise<LookUpPersonPayload> {
    return payloadOf(
      await app.persons.commands.lookUp(initiator, { field, value, purpose }),
      ({ customerIds, auditEventId }) => ({
        customers: readingAll<Customer>('Customer', customerIds),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => CorrectPersonalDataPayload, { description: 'Corrects what is personal of a person.' })
  async correctPersonalData(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CorrectPersonalDataInput) { customerId, ...input }: CorrectPersonalDataInput,
  ): Promise<CorrectPersonalDataPayload> {
    return payloadOf(
      await app.persons.commands.correct(initiator, { ...input, customerId: keyOf('Customer', customerId) }),
      ({ customerId: id, auditEventId }) => ({
        customer: reading('Customer', id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => ProtectPersonPayload, {
    description:
      'Restricts the processing of a person’s data 「限制处理」: they are kept, and neither looked at, rated nor exported.',
  })
  restrictPerson(
    @Ctx() context: GraphContext,
    @Arg('input', () => RestrictPersonInput) input: RestrictPersonInput,
  ): Promise<ProtectPersonPayload> {
    return protect(context, 'RESTRICT', input);
  }

  @Mutation(() => ProtectPersonPayload, {
    description: 'Lifts the restriction.',
  })
  liftPersonRestriction(
    @Ctx() context: GraphContext,
    @Arg('input', () => LiftPersonRestrictionInput) input: LiftPersonRestrictionInput,
  ): Promise<ProtectPersonPayload> {
    return protect(context, 'LIFT_RESTRICTION', input);
  }

  @Mutation(() => ProtectPersonPayload, {
    description:
      'Places a legal hold 「法律保全」: nothing is erased until it is released, and those who audit see the data in spite of a restriction.',
  })
  placeLegalHold(
    @Ctx() context: GraphContext,
    @Arg('input', () => PlaceLegalHoldInput) input: PlaceLegalHoldInput,
  ): Promise<ProtectPersonPayload> {
    return protect(context, 'HOLD', input);
  }

  @Mutation(() => ProtectPersonPayload, {
    description: 'Releases the legal hold.',
  })
  releaseLegalHold(
    @Ctx() context: GraphContext,
    @Arg('input', () => ReleaseLegalHoldInput) input: ReleaseLegalHoldInput,
  ): Promise<ProtectPersonPayload> {
    return protect(context, 'RELEASE_HOLD', input);
  }

  @Mutation(() => ProtectPersonPayload, {
    description: 'Says until when the data of a person have to be kept; an erasure before is refused.',
  })
  retainPerson(
    @Ctx() context: GraphContext,
    @Arg('input', () => RetainPersonInput) input: RetainPersonInput,
  ): Promise<ProtectPersonPayload> {
    return protect(context, 'RETAIN', input);
  }

  @Mutation(() => RequestErasurePayload, {
    description:
      'Asks for the erasure of a person 「删除」. Once it is approved, the key is destroyed under which everything personal was sealed.',
  })
  async requestErasure(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RequestErasureInput) { customerId, expectedVersion, reason }: RequestErasureInput,
  ): Promise<RequestErasurePayload> {
    return payloadOf(
      await app.persons.commands.requestErasure(initiator, {
        customerId: keyOf('Customer', customerId),
        expectedVersion,
        reason,
      }),
      ({ request, auditEventId }) => ({
        request: reading('ChangeRequest', request.id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }
}

const protect = async (
  { app, initiator }: GraphContext,
  verb: ProtectionVerb,
  input: { customerId: string; expectedVersion: number; reason: string; until?: string },
): Promise<ProtectPersonPayload> =>
  payloadOf(
    await app.persons.commands.protect(initiator, {
      verb,
      customerId: keyOf('Customer', input.customerId),
      expectedVersion: input.expectedVersion,
      reason: input.reason,
      until: input.until,
    }),
    ({ customerId, auditEventId }) => ({
      customer: reading('Customer', customerId),
      auditEvent: reading('AuditEvent', auditEventId),
    }),
  );
