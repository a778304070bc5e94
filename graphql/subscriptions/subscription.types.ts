import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { RequestState } from '../../src/approvals';
import type { Severity } from '../../src/policies';
import type { RunState } from '../../src/ratings';
import { RequestStateEnum } from '../approvals/change-request.types';
import { RunStateEnum } from '../ratings/rating.types';
import { SeverityEnum } from '../warnings/warning.types';

@ObjectType({ description: 'That something moved in the inbox of the caller; read it again.', simpleResolvers: true })
export class InboxChange {
  @Field(() => ID, {
    nullable: true,
    description:
      'The request; null to begin with, where the roles of the caller changed, and where so many requests did that they are not told one by one: read the inbox anew.',
  })
  requestId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Its version now; null where `requestId` is.' })
  version!: number | null;
}

@ObjectType({ description: 'Where a request stands.', simpleResolvers: true })
export class RequestChange {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Its version now.' })
  version!: number;

  @Field(() => RequestStateEnum, { description: 'Its state now.' })
  state!: RequestState;
}

@ObjectType({ description: 'How far a run has come.', simpleResolvers: true })
export class RunProgress {
  @Field(() => ID, { description: 'The run.' })
  runId!: string;

  @Field(() => RunStateEnum, { description: 'Its state now.' })
  state!: RunState;

  @Field(() => Int, { description: 'Customers that were rated or parked.' })
  done!: number;

  @Field(() => Int, { description: 'Customers at the start.' })
  total!: number;

  @Field(() => Int, { description: 'Its version now; grows with its state, not with `done`.' })
  version!: number;
}

@ObjectType({ description: 'That a warning was raised or got worse; read it.', simpleResolvers: true })
export class WarningRaised {
  @Field(() => ID, {
    nullable: true,
    description:
      'The warning; null to begin with, where the roles of the caller changed, and where so many were raised that they are not told one by one: read the list anew.',
  })
  warningId!: string | null;

  @Field(() => SeverityEnum, { nullable: true, description: 'How severe it is now; null where `warningId` is.' })
  severity!: Severity | null;

  @Field(() => Int, { nullable: true, description: 'Its version now; null where `warningId` is.' })
  version!: number | null;
}
