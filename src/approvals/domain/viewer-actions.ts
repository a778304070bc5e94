/** What the person who looks may do with a request, and why not: screens never guess. */
import { messageKey, refuse, type Refusal } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { isOpen, type RequestStanding } from './change-request';
import { mayTakeBack } from './decide-handover';
import { mayBreakGlass } from './decide-break-glass';
import { mayEdit, mayResubmit } from './decide-submission';
import { isInReview, mayDecide, type Voter } from './decide-vote';
import { mayWithdraw } from './decide-withdrawal';

export const REQUEST_VERBS = [
  'APPROVE',
  'REJECT',
  'RETURN',
  'REASSIGN',
  'ADD_APPROVER',
  'TAKE_BACK',
  'RESUBMIT',
  'REVISE',
  'BREAK_GLASS',
  'WITHDRAW',
  'RETRY',
  'COPY',
  'REMIND',
  'COMMENT',
  'ATTACH_EVIDENCE',
] as const;
export type RequestVerb = (typeof REQUEST_VERBS)[number];

export interface ViewerAction {
  readonly verb: RequestVerb;
  readonly allowed: boolean;
  /** Message key of the refusal that the verb would meet. */
  readonly reasonCode: string | null;
  readonly requiresComment: boolean;
}

/** What the viewer's roles allow in general. */
export interface PermittedVerbs {
  readonly decide: Result<true>;
  readonly withdraw: Result<true>;
  readonly comment: Result<true>;
  readonly breakGlass: Result<true>;
}

const NEEDS_COMMENT: readonly RequestVerb[] = ['REJECT', 'RETURN', 'BREAK_GLASS', 'COMMENT'];

export const viewerActions = (
  request: RequestStanding,
  viewer: Voter,
  permitted: PermittedVerbs,
  now: Date,
): ViewerAction[] => {
  const { userId } = viewer;
  // In the order in which the verbs refuse: the maker hears that he is the maker before anything else.
  const may = mayDecide(request, viewer, now);
  const decide = userId === request.makerId || permitted.decide.ok ? may : permitted.decide;
  const handOn = permitted.decide.ok ? may : permitted.decide;
  const own = (result: Result<true>): Result<true> => (permitted.withdraw.ok ? result : permitted.withdraw);
  const verdicts: Readonly<Record<RequestVerb, Result<unknown>>> = {
    APPROVE: decide,
    REJECT: decide,
    RETURN: handOn,
    REASSIGN: handOn,
    ADD_APPROVER: handOn,
    TAKE_BACK: permitted.decide.ok ? mayTakeBack(request, userId, now) : permitted.decide,
    RESUBMIT: own(mayResubmit(request, userId)),
    REVISE: own(mayEdit(request, userId)),
    BREAK_GLASS: permitted.breakGlass.ok ? mayBreakGlass(request, viewer, now) : permitted.breakGlass,
    WITHDRAW: own(mayWithdraw(request, userId)),
    RETRY: permitted.decide.ok ? mayRetry(request) : permitted.decide,
    COPY: permitted.comment,
    REMIND: permitted.comment.ok ? isInReview(request, now) : permitted.comment,
    COMMENT: permitted.comment,
    ATTACH_EVIDENCE: permitted.comment.ok ? mayAttach(request) : permitted.comment,
  };
  return REQUEST_VERBS.map((verb) => action(verb, refusalOf(verdicts[verb])));
};

export const mayRetry = (request: Pick<RequestStanding, 'state' | 'number'>): Result<true> =>
  request.state === 'APPLY_FAILED'
    ? ok(true)
    : refuse(
        isOpen(request.state) ? 'INVALID_STATE' : 'ALREADY_DECIDED',
        `request ${request.number} is ${request.state}: nothing has failed`,
        {
          ...(isOpen(request.state) ? { reason: 'NOT_FAILED' } : {}),
          params: { number: request.number, state: request.state },
        },
      );

export const mayAttach = ({ state, number }: Pick<RequestStanding, 'state' | 'number'>): Result<true> =>
  isOpen(state)
    ? ok(true)
    : refuse('ALREADY_DECIDED', `request ${number} is already ${state}`, { params: { number, state } });

const refusalOf = (result: Result<unknown>): Refusal | null => (result.ok ? null : result.refusal);

const action = (verb: RequestVerb, refused: Refusal | null): ViewerAction => ({
  verb,
  allowed: refused === null,
  reasonCode: refused === null ? null : messageKey(refused),
  requiresComment: NEEDS_COMMENT.includes(verb),
});
