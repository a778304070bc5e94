import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { GraphContext } from '../context';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { ReadField, reading } from '../reads';
import { payloadOf } from '../user-errors';
import { requestPayload } from './change-request.resolver';
import type { RequestPayload } from './change-request.types';
import {
  AttachEvidenceInput,
  AttachEvidencePayload,
  PrepareEvidenceUploadInput,
  PrepareEvidenceUploadPayload,
  RequestEvidence,
} from './evidence.types';

@Resolver(() => RequestEvidence)
export class EvidenceResolver {
  @Mutation(() => PrepareEvidenceUploadPayload, {
    description:
      'Announces a file and gives out where to put it 「附件」. The bytes are checked for size, digest and kind; one that nobody uses within a day is purged.',
  })
  async prepareEvidenceUpload(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => PrepareEvidenceUploadInput)
    { name, mediaType, size, sha256 }: PrepareEvidenceUploadInput,
  ): Promise<PrepareEvidenceUploadPayload> {
    return payloadOf(
      await app.approvals.evidence.prepareUpload(initiator, { name, mediaType, size, sha256 }),
      ({ fileId, uploadUrl, expiresAt, auditEventId }) => ({
        fileId,
        uploadUrl,
        expiresAt: new Date(expiresAt),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => AttachEvidencePayload, {
    description: 'Attaches a file to an open request 「附件」. No effect on the outcome.',
  })
  async attachEvidence(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => AttachEvidenceInput) { requestId, fileId, comment }: AttachEvidenceInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await app.approvals.attachEvidence(initiator, {
        requestId: keyOf('ChangeRequest', requestId),
        fileId,
        comment: comment ?? null,
      }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'Who brought it.' })
  addedBy!: User | null;
}
