/** What people sign with their own keys: texts that can mean nothing else, each line of which is told by its place. */
import type { Verdict } from './change-request';

export interface SignedVote {
  readonly requestId: string;
  readonly round: number;
  readonly level: number;
  readonly verdict: Verdict;
  /** Of what was decided on. */
  readonly digest: string;
  readonly loweredTo: string | null;
}

/** Ends with an empty line where the proposal is taken as it is. */
export const voteText = ({ requestId, round, level, verdict, digest, loweredTo }: SignedVote): string =>
  ['tierwarden vote v1', requestId, round, level, verdict, digest, loweredTo ?? ''].join('\n');

/** Signed by whoever registers a key, to show that he has it. */
export const possessionText = (key: {
  readonly userId: string;
  readonly challenge: string;
  /** 32 bytes, base64url. */
  readonly publicKey: string;
}): string => ['tierwarden key v1', key.userId, key.challenge, key.publicKey].join('\n');
