import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { permit } from '../../src/identity';
import { COMPLAINT_RULES, COMPLAINT_RULES_VERSION } from '../../src/indicators';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { given } from '../inputs';
import { ReadField, reading, ReadPages } from '../reads';
import { payloadOf } from '../user-errors';
import {
  Complaint,
  ComplaintConnection,
  ComplaintRules,
  RecordComplaintInput,
  RecordComplaintPayload,
} from './complaint.types';

@Resolver(() => Complaint)
export class ComplaintResolver {
  @Query(() => ComplaintRules, { description: 'How the text of a complaint becomes its severity.' })
  complaintRules(@Ctx() { actor }: GraphContext): ComplaintRules {
    valueOrFault(permit(actor, 'complaint.read'));
    return { version: COMPLAINT_RULES_VERSION, rules: COMPLAINT_RULES };
  }

  @Mutation(() => RecordComplaintPayload, {
    description:
      'Puts a complaint on record. Its severity follows from the rules, and the indicators of complaints follow it.',
  })
  async recordComplaint(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RecordComplaintInput) { customerId, text, receivedOn }: RecordComplaintInput,
  ): Promise<RecordComplaintPayload> {
    return payloadOf(
      await app.indicators.commands.recordComplaint(initiator, {
        customerId: keyOf('Customer', customerId),
        text,
        ...given({ receivedOn }),
      }),
      (recorded) => ({
        complaint: reading('Complaint', recorded.id),
        customer: reading('Customer', recorded.customerId),
        auditEvent: reading('AuditEvent', recorded.auditEventId),
      }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'The person who recorded it; null for programs.' })
  recordedBy!: User | null;
}

@Resolver(() => Customer)
export class CustomerComplaintsResolver {
  @ReadPages(() => ComplaintConnection, { description: 'Complaints of the customer, newest first.' })
  complaints!: Connection<Complaint>;
}
