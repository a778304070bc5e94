/**
 * The proof file of a rating, in two steps: from the canonical bytes of the rating to the root that its run's event names (or
 * to the leaf that the event of a single rating names), and from that event to a checkpoint of the log. The form is written
 * down in docs/guides/replay.md.
 */
import type { Sha256 } from '../../kernel/sha256';

export interface RatingProof {
  /** Canonical bytes of the rating. */
  readonly rating: Uint8Array;
  /** Where it stands among the ratings of its run; null for a single one. */
  readonly inRun: {
    readonly index: number;
    /** From the leaf's sibling upwards to the run's root. */
    readonly path: readonly Sha256[];
  } | null;
  /** The event's whole written form, where its entry holds the digest alone. */
  readonly body: Uint8Array | null;
  /** Proof file of the event, entry included. */
  readonly event: string;
}

const HEAD = 'tierwarden-rating-proof/1';

export const formatRatingProof = ({ rating, inRun, body, event }: RatingProof): string =>
  [
    HEAD,
    `rating ${Buffer.from(rating).toString('base64')}`,
    ...(inRun === null
      ? []
      : [`index ${inRun.index}`, ...inRun.path.map((hash) => Buffer.from(hash, 'latin1').toString('base64'))]),
    ...(body === null ? [] : [`body ${Buffer.from(body).toString('base64')}`]),
    '',
    event,
  ].join('\n');
