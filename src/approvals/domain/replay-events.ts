/**
 * Where a request stands, by what the audit log says of it alone. What the log tells and what the database holds must be
 * the same at any time.
 */
import { nextState, type RequestEvent, type RequestState } from './change-request';

/** Every action that the log knows of a request, and the steps of its life that each is. */
const EVENTS = {
  'request.drafted': [],
  'request.submitted': ['SUBMIT'],
  'request.resubmitted': ['SUBMIT'],
  'request.revised': [],
  'request.approved': [],
  'request.rejected': ['REJECT'],
  'request.returned': ['RETURN'],
  'request.sentBack': [],
  'request.withdrawn': ['WITHDRAW'],
  'request.reassigned': [],
  'request.approverAdded': [],
  'request.voteTakenBack': [],
  'request.copied': [],
  'request.reminded': [],
  'request.commented': [],
  'request.evidenceAttached': [],
  'request.escalated': [],
  'request.scheduled': ['AGREE', 'SCHEDULE'],
  'request.applied': ['AGREE', 'APPLY'],
  'request.applyFailed': ['AGREE', 'FAIL'],
  'request.expired': ['EXPIRE'],
  'request.foundStale': ['FIND_STALE'],
  'request.glassBroken': ['BREAK_GLASS'],
} as const satisfies Readonly<Record<string, readonly RequestEvent[]>>;

export type RequestAction = keyof typeof EVENTS;

const isRequestAction = (action: string): action is RequestAction => action in EVENTS;

/** Throws where an event has no place: such a history was never lived. */
export const stateAfterEvents = (actions: readonly string[]): RequestState => {
  const [first, ...later] = actions;
  if (first !== 'request.drafted' && first !== 'request.submitted') throw new Error(`a request begins with ${first}`);
  let state: RequestState = first === 'request.drafted' ? 'DRAFT' : 'IN_REVIEW';
  for (const action of later) {
    if (!isRequestAction(action)) throw new Error(`${action} is nothing that happens to a request`);
    const events: readonly RequestEvent[] = EVENTS[action];
    // Agreement has been there already where a scheduled or a failed one is tried again.
    for (const event of state === 'IN_REVIEW' ? events : events.filter((event) => event !== 'AGREE')) {
      if (state === 'APPLY_FAILED' && event === 'FAIL') continue;
      const next = nextState(state, event);
      if (next === null) throw new Error(`${action} has no place in ${state}`);
      state = next;
    }
  }
  return state;
};
