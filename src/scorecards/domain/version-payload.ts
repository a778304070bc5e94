/** What a request for a scorecard version holds, as it was submitted. */
import { z } from 'zod';

export const versionPayloadSchema = z.strictObject({
  scorecard: z.string().min(1),
  number: z.number().int().positive(),
  basedOnId: z.uuid().nullable(),
  /** Of the definition that is agreed to. */
  definitionDigest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Live from then on; null: as soon as it is agreed to. */
  effectiveFrom: z.iso.datetime().nullable(),
  justification: z.string().min(1),
  /** Whose cut points the version is rated by once it is agreed to; null where there was nobody to try it on. */
  trialId: z.uuid().nullable().default(null),
});

export type VersionPayload = z.infer<typeof versionPayloadSchema>;
