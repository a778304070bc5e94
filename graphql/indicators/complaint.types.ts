import { IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { Customer } from '../customers/customer.types';
import { MutationInput } from '../inputs';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';

@ObjectType({ description: 'A rule of severity that has a term in the text of a complaint.', simpleResolvers: true })
export class MatchedComplaintRule {
  @Field({ description: 'The rule.' })
  ruleId!: string;

  @Field(() => Int, { description: 'What it adds to the severity.' })
  weight!: number;

  @Field({ description: 'The term that was found.' })
  term!: string;

  @Field({ description: 'Whether the text denies it, so that the rule adds nothing.' })
  negated!: boolean;
}

@ObjectType({ description: 'A rule that makes complaints more severe.', simpleResolvers: true })
export class ComplaintRule {
  @Field({ description: 'Its name.' })
  id!: string;

  @Field(() => Int, { description: 'What it adds to the severity, once.' })
  weight!: number;

  @Field(() => [String], { description: 'Terms that it looks for, in Chinese and English.' })
  terms!: readonly string[];
}

@ObjectType({ description: 'The rules of severity that count now.', simpleResolvers: true })
export class ComplaintRules {
  @Field(() => Int, { description: 'Version; every complaint names the one it was rated by.' })
  version!: number;

  @Field(() => [ComplaintRule], {
    description: 'A complaint has severity 1, and the weight of every rule that it matches, up to 10.',
  })
  rules!: readonly ComplaintRule[];
}

@ObjectType({ description: 'A complaint 「投诉」 of a customer, and how severe it is by the rules.' })
export class Complaint {
  @Field(() => DateScalar, { description: 'Day on which it was received.', simple: true })
  receivedOn!: string;

  @Field({ description: 'What it says, without what tells who a person is or how to reach him.', simple: true })
  text!: string;

  @Field(() => Int, { description: 'Severity, 1 to 10.', simple: true })
  severity!: number;

  @Field(() => [MatchedComplaintRule], { description: 'Why: the rules that have a term in it.', simple: true })
  matched!: readonly MatchedComplaintRule[];

  @Field(() => Int, { description: 'Version of the rules that it was rated by.', simple: true })
  rulesVersion!: number;

  @Field(() => DateTimeScalar, { description: 'When it was recorded.', simple: true })
  recordedAt!: Date;
}

export const ComplaintConnection = connectionType('Complaint', Complaint);

@InputType({ description: 'A complaint that was received.' })
export class RecordComplaintInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'What it says. Mail addresses, telephone, identity and card numbers are not kept.' })
  @MaxLength(4_000)
  text!: string;

  @Field(() => DateScalar, { nullable: true, description: 'Day on which it was received; today where left out.' })
  @IsOptional()
  receivedOn?: string | null;
}

@ObjectType({ description: 'A complaint that was put on record.' })
export class RecordComplaintPayload {
  @Field(() => Complaint, { nullable: true, description: 'The complaint as it was rated.', simple: true })
  complaint?: Reading<Complaint>;

  @Field(() => Customer, { nullable: true, description: 'The customer as it stands now.', simple: true })
  customer?: Reading<Customer>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}
