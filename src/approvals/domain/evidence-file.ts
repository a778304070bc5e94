/**
 * Which files are taken as evidence: a few kinds, each told by its content and not by its name; of exactly the size and the
 * digest that were said before.
 */
import { z } from 'zod';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

/** Endings of names by media type. */
const KINDS = {
  'application/pdf': ['pdf'],
  'image/png': ['png'],
  'image/jpeg': ['jpg', 'jpeg'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['docx'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['xlsx'],
  'text/csv': ['csv'],
  'text/plain': ['txt'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
const MEDIA_TYPES = Object.keys(KINDS) as (keyof typeof KINDS)[];

export interface AnnouncedFile {
  /** 1–200 characters, with the ending of its kind. */
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** Of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
}

const MAX_NAME = 200;

/** Whether such a file would be taken; its name without blanks around it. */
export const checkAnnounced = (file: AnnouncedFile, maxBytes: number): Result<AnnouncedFile> => {
  const mediaType = MEDIA_TYPES.find((known) => known === file.mediaType);
  if (mediaType === undefined) {
    return refuse('INVALID', 'files of this kind are not taken', {
      reason: 'MEDIA_TYPE',
      field: ['mediaType'],
      params: { allowed: MEDIA_TYPES.join(' ') },
    });
  }
  const name = file.name.trim();
  if (name === '') return refuse('REQUIRED', 'a file has a name', { field: ['name'] });
  if (name.length > MAX_NAME) {
    return refuse('OUT_OF_RANGE', `a name has at most ${MAX_NAME} characters`, {
      field: ['name'],
      params: { max: MAX_NAME },
    });
  }
  const endings: readonly string[] = KINDS[mediaType];
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  // What separates folders or is not seen has no place in the name of a file.
  if (/[\p{C}\p{Zl}\p{Zp}/\\]/u.test(name) || ending === undefined || !endings.includes(ending)) {
    return refuse('INVALID', `the name of such a file ends with .${endings.join(' or .')}`, {
      reason: 'FILE_NAME',
      field: ['name'],
    });
  }
  if (!Number.isInteger(file.size) || file.size < 1 || file.size > maxBytes) {
    return refuse('OUT_OF_RANGE', `a file has 1 to ${maxBytes} bytes`, {
      reason: 'FILE_SIZE',
      field: ['size'],
      params: { max: maxBytes },
    });
  }
  if (!/^[0-9a-f]{64}$/.test(file.sha256)) {
    return refuse('INVALID', 'a SHA-256 has 64 lower-case hex digits', { reason: 'SHA256', field: ['sha256'] });
  }
  return ok({ ...file, name });
};

/** A document as a proposal writes it down; the digest of a file is then part of the digest of the request. */
export const writtenEvidenceSchema = z.strictObject({
  title: z.string(),
  /** Where the document is kept; of a file `sha256:` and the digest. */
  reference: z.string(),
  fileId: z.string().optional(),
  sha256: z.string().optional(),
});
export type WrittenEvidence = z.infer<typeof writtenEvidenceSchema>;

/** What the bytes are found to be. */
export interface FoundContent {
  readonly size: number;
  readonly sha256: string;
  /** Told by how the bytes begin; null where nothing is known to begin like that. */
  readonly mediaType: string | null;
  /** Whether they are text in UTF-8 without a NUL. */
  readonly isText: boolean;
}

export const checkContent = (announced: AnnouncedFile, found: FoundContent): Result<true> => {
  if (found.size !== announced.size) {
    return refuse('INVALID', `the file has ${found.size} bytes and not ${announced.size}`, {
      reason: 'FILE_SIZE',
      params: { expected: announced.size, found: found.size },
    });
  }
  if (found.sha256 !== announced.sha256) {
    return refuse('INVALID', 'the bytes have another SHA-256 than was said', { reason: 'SHA256' });
  }
  const fits = announced.mediaType.startsWith('text/')
    ? found.mediaType === null && found.isText
    : found.mediaType === announced.mediaType;
  return fits
    ? ok(true)
    : refuse('INVALID', `the content is not ${announced.mediaType}`, {
        reason: 'MEDIA_TYPE',
        params: { expected: announced.mediaType, found: found.mediaType },
      });
};
