import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { DraftChanges, VersionOutcome } from '../../src/scorecards';
import { requestPayload } from '../approvals/change-request.resolver';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { given } from '../inputs';
import { ReadField, reading, readOne, readPage } from '../reads';
import { payloadOf } from '../user-errors';
import {
  CreateScorecardDraftInput,
  CreateScorecardDraftPayload,
  DiscardScorecardDraftInput,
  DiscardScorecardDraftPayload,
  EditScorecardDraftInput,
  EditScorecardDraftPayload,
  ScorecardChange,
  ScorecardDraftPayload,
  ScorecardVersion,
  ScorecardVersionConnection,
  ScorecardVersionWhere,
  SubmitScorecardVersionInput,
  SubmitScorecardVersionPayload,
  type ScorecardChangesInput,
} from './scorecard.types';

@Resolver(() => ScorecardVersion)
export class ScorecardVersionResolver {
  @Query(() => ScorecardVersion, { nullable: true, description: 'A scorecard version by its id.' })
  scorecardVersion(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the version.' }) id: string,
  ): Promise<ScorecardVersion | null> {
    return readOne(context, info, 'ScorecardVersion', keyOf('ScorecardVersion', id));
  }

  @Query(() => ScorecardVersionConnection, { description: 'Versions of scorecards, newest first.' })
  scorecardVersions(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => ScorecardVersionWhere, { nullable: true }) where?: ScorecardVersionWhere,
  ): Promise<Connection<ScorecardVersion>> {
    const filter = given(where);
    const list = valueOrFault(context.app.scorecards.queries.versions(context.actor, filter));
    return readPage(context, info, list, args, {
      list: 'scorecardVersions',
      order: 'createdAt',
      filter: asJson(filter),
    });
  }

  @Query(() => [ScorecardChange], {
    nullable: true,
    description: 'What is different in the second version; null unless both are there.',
  })
  async scorecardDiff(
    @Ctx() { app, actor }: GraphContext,
    @Arg('fromId', () => ID, { description: 'The first version.' }) fromId: string,
    @Arg('toId', () => ID, { description: 'The second version.' }) toId: string,
  ): Promise<readonly ScorecardChange[] | null> {
    const [from, to] = [keyOf('ScorecardVersion', fromId), keyOf('ScorecardVersion', toId)];
    return valueOrFault(await app.scorecards.queries.diff(actor, from, to));
  }

  @Mutation(() => CreateScorecardDraftPayload, { description: 'Draws a new version from another one, as a draft.' })
  async createScorecardDraft(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CreateScorecardDraftInput) input: CreateScorecardDraftInput,
  ): Promise<CreateScorecardDraftPayload> {
    const basedOnId = keyOf('ScorecardVersion', input.basedOnId);
    return draftPayload(await app.scorecards.createDraft(initiator, { basedOnId, changes: changesOf(input.changes) }));
  }

  @Mutation(() => EditScorecardDraftPayload, { description: 'Changes a draft.' })
  async editScorecardDraft(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => EditScorecardDraftInput) input: EditScorecardDraftInput,
  ): Promise<EditScorecardDraftPayload> {
    return draftPayload(
      await app.scorecards.editDraft(initiator, {
        versionId: keyOf('ScorecardVersion', input.versionId),
        expectedVersion: input.expectedVersion,
        changes: changesOf(input.changes),
      }),
    );
  }

  @Mutation(() => DiscardScorecardDraftPayload, { description: 'Gives a draft up; it stays on record.' })
  async discardScorecardDraft(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => DiscardScorecardDraftInput) input: DiscardScorecardDraftInput,
  ): Promise<DiscardScorecardDraftPayload> {
    const versionId = keyOf('ScorecardVersion', input.versionId);
    return draftPayload(
      await app.scorecards.discardDraft(initiator, { versionId, expectedVersion: input.expectedVersion }),
    );
  }

  @Mutation(() => SubmitScorecardVersionPayload, {
    description: 'Puts a draft up for decision, if lint finds no error in it.',
  })
  async submitScorecardVersion(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => SubmitScorecardVersionInput) input: SubmitScorecardVersionInput,
  ): Promise<SubmitScorecardVersionPayload> {
    return requestPayload(
      await app.scorecards.submitVersion(initiator, {
        versionId: keyOf('ScorecardVersion', input.versionId),
        expectedVersion: input.expectedVersion,
        effectiveFrom: input.effectiveFrom ?? null,
        justification: input.justification,
      }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'Who drafted it; null for a system actor.' })
  creator!: User | null;

  @ReadField(() => ScorecardVersion, { nullable: true, description: 'The version that it was drawn from.' })
  basedOn!: ScorecardVersion | null;
}

const changesOf = (input: ScorecardChangesInput | null | undefined): DraftChanges => ({
  ...(input?.definition == null ? {} : { definition: input.definition }),
  ...(input?.weightProfile == null ? {} : { weightProfile: input.weightProfile }),
  ...(input?.weights == null ? {} : { weights: input.weights }),
});

const draftPayload = (result: Result<VersionOutcome>): ScorecardDraftPayload =>
  payloadOf(result, ({ versionId, auditEventId }) => ({
    scorecardVersion: reading('ScorecardVersion', versionId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));
