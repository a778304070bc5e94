/**
 * Evidence files: announced first, put once, named by a proposal or attached to a request. What stands with a request stays
 * as it is for ever; what nobody used is purged.
 */
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { fileTypeFromBuffer } from 'file-type/core';
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import * as store from './evidence.store';
import { checkAnnounced, checkContent, type AnnouncedFile, type WrittenEvidence } from './domain/evidence-file';
import type { EvidenceLinks } from './evidence-links';

export interface EvidenceDeps {
  readonly unitOfWork: UnitOfWork;
  readonly links: () => Promise<EvidenceLinks | null>;
  readonly maxBytes: number;
}

/** How long a link lives. */
const LINK_MS = 10 * 60_000;
/** How long a file may wait to be used. */
const UNUSED_MS = 24 * 3_600_000;

/** Whole seconds, as links have them. */
export const linkEnd = (from: Date): Date => new Date(Math.floor((from.getTime() + LINK_MS) / 1_000) * 1_000);

export interface PreparedUpload {
  readonly fileId: string;
  readonly uploadUrl: string;
  readonly expiresAt: string;
  readonly auditEventId: string;
}

export const prepareUpload = async (
  deps: EvidenceDeps,
  by: Initiator,
  input: AnnouncedFile,
): Promise<Result<PreparedUpload>> => {
  const permitted = permit(by.actor, 'request.comment');
  if (!permitted.ok) return permitted;
  const links = await deps.links();
  return deps.unitOfWork.run(by, async (tx) => {
    if (links === null) {
      return refuse('INVALID_STATE', 'this installation has no key for links and takes no files', {
        reason: 'NO_EVIDENCE_KEY',
      });
    }
    const announced = checkAnnounced(input, deps.maxBytes);
    if (!announced.ok) return announced;
    const { mediaType, size, sha256 } = announced.value;
    const fileId = await store.insertFile(tx, announced.value, new Date(tx.at.getTime() + UNUSED_MS));
    const expiresAt = linkEnd(tx.at);
    return ok({
      fileId,
      uploadUrl: links.sign({ use: 'PUT', id: fileId, userId: by.actor.id, expiresAt }),
      expiresAt: expiresAt.toISOString(),
      auditEventId: tx.record({
        action: 'evidence.prepared',
        object: { type: 'EvidenceFile', id: fileId },
        data: { mediaType, size, sha256 },
      }),
    });
  });
};

/** Takes the bytes of an announced file, once. Whoever calls has checked the link. */
export const storeContent = async (
  deps: Pick<EvidenceDeps, 'unitOfWork'>,
  by: Initiator,
  input: { readonly fileId: string; readonly content: Buffer },
): Promise<Result<{ readonly fileId: string; readonly sha256: string }>> => {
  const { fileId, content } = input;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const mediaType = (await fileTypeFromBuffer(content))?.mime ?? null;
  const found = { size: content.length, sha256, mediaType, isText: isUtf8(content) && !content.includes(0) };
  return deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'request.comment');
    if (!permitted.ok) return permitted;
    const file = await store.lockFile(tx, fileId);
    if (file?.ownerId !== by.actor.id) return refuse('NOT_FOUND', 'no such file');
    if (file.isStored) return refuse('ALREADY_EXISTS', 'the file is there already', { reason: 'STORED' });
    const checked = checkContent(file, found);
    if (!checked.ok) return checked;
    await store.insertContent(tx, fileId, content);
    tx.record({
      action: 'evidence.stored',
      object: { type: 'EvidenceFile', id: fileId },
      data: { mediaType: file.mediaType, size: file.size, sha256 },
    });
    return ok({ fileId, sha256 });
  });
};

/** A document behind a proposal, as its maker names it: where it is kept, or a file of his. */
export interface NamedEvidence {
  readonly title: string;
  readonly reference?: string | null;
  readonly fileId?: string | null;
}

/** Refuses what is neither a reference nor a file of the caller, or of the request that is revised. */
export const writeDownEvidence = async (
  tx: Tx,
  named: readonly NamedEvidence[],
  requestId: string | null = null,
): Promise<Result<readonly WrittenEvidence[]>> => {
  const ids = named.flatMap(({ fileId }) => (fileId == null ? [] : [fileId]));
  const files = new Map(ids.length === 0 ? [] : (await store.holdFiles(tx, ids)).map((file) => [file.id, file]));
  const present = new Set(requestId === null || ids.length === 0 ? [] : await store.fileIdsOf(tx, requestId));
  const written: WrittenEvidence[] = [];
  for (const [index, { title, reference, fileId }] of named.entries()) {
    const at = { field: ['evidence'], index };
    if (reference?.trim() && fileId != null) {
      return refuse('INVALID', 'evidence is kept elsewhere or is a file, not both', {
        reason: 'EVIDENCE_TWICE',
        ...at,
      });
    }
    if (title.trim() === '' || (!reference?.trim() && fileId == null)) {
      return refuse('REQUIRED', 'evidence has a title, and a reference or a file', at);
    }
    if (fileId == null) {
      written.push({ title: title.trim(), reference: reference?.trim() ?? '' });
      continue;
    }
    const file = files.get(fileId);
    if (file === undefined || (file.ownerId !== tx.initiator.actor.id && !present.has(fileId))) {
      return refuse('NOT_FOUND', 'no such file of yours', at);
    }
    if (!file.isStored) {
      return refuse('INVALID_STATE', 'the file has been announced and not been put', { reason: 'NOT_STORED', ...at });
    }
    if (written.some((other) => other.fileId === fileId)) {
      return refuse('ALREADY_EXISTS', 'the file is named twice', at);
    }
    written.push({ title: title.trim(), reference: `sha256:${file.sha256}`, fileId, sha256: file.sha256 });
  }
  return ok(written);
};

/** Files that a proposal names stand with its request from then on. */
export const linkEvidence = async (tx: Tx, requestId: string, evidence: readonly WrittenEvidence[]): Promise<void> => {
  const named = evidence.filter(({ fileId }) => fileId !== undefined);
  if (named.length === 0) return;
  const present = await store.fileIdsOf(tx, requestId);
  for (const { fileId = '', title } of named) {
    if (!present.includes(fileId)) await store.insertEvidence(tx, requestId, { fileId, title });
  }
};

/** Deletes up to `atMost` files that nobody used in time; yields how many. */
export const purgeEvidence = (deps: Pick<EvidenceDeps, 'unitOfWork'>, by: Initiator, atMost: number) =>
  deps.unitOfWork.run(by, async (tx) => {
    const ids = await store.purgeUnused(tx, atMost);
    if (ids.length === 0) tx.unchanged();
    else
      tx.record({
        action: 'evidence.purged',
        object: { type: 'EvidenceFile', id: ids[0] ?? '' },
        data: { files: ids },
      });
    return ok(ids.length);
  });
