/** What the person who looks may do with a request, and why not: screens never guess. */
import type { Refusal } from '../../kernel/refusal';
import { messageKey } from '../../kernel/refusal';
import type { Result } from '../../kernel/result';
import type { RequestStanding } from './change-request';
import { mayDecide, type Standing } from './decide-vote';
import { mayWithdraw } from './decide-withdrawal';

export const REQUEST_VERBS = ['APPROVE', 'REJECT', 'WITHDRAW'] as const;
export type RequestVerb = (typeof REQUEST_VERBS)[number];

export interface ViewerAction {
  readonly verb: RequestVerb;
  readonly allowed: boolean;
  /** Message key of the refusal that the verb would meet. */
  readonly reasonCode: string | null;
  readonly requiresComment: boolean;
}

/** `permitted` is what the viewer's roles allow in general (request.decide, request.withdraw). */
export const viewerActions = (
  request: RequestStanding,
  viewer: Standing,
  permitted: { readonly decide: Result<true>; readonly withdraw: Result<true> },
  now: Date,
): ViewerAction[] => {
  // In the order in which the verbs refuse: the maker hears that he is the maker before anything else.
  const decide =
    (viewer.userId === request.makerId ? null : refusalOf(permitted.decide)) ??
    refusalOf(mayDecide(request, viewer, now));
  const withdraw = refusalOf(permitted.withdraw) ?? refusalOf(mayWithdraw(request, viewer.userId));
  return [action('APPROVE', decide, false), action('REJECT', decide, true), action('WITHDRAW', withdraw, false)];
};

const refusalOf = (result: Result<unknown>): Refusal | null => (result.ok ? null : result.refusal);

const action = (verb: RequestVerb, refused: Refusal | null, requiresComment: boolean): ViewerAction => ({
  verb,
  allowed: refused === null,
  reasonCode: refused === null ? null : messageKey(refused),
  requiresComment,
});
