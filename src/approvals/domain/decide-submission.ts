/** May this person change what a request proposes, or send it to its approvers again? While it lies with its maker. */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { isOpen, isWithMaker, type ChangeRequest } from './change-request';

type Lying = Pick<ChangeRequest, 'number' | 'state' | 'makerId' | 'editorIds'>;

const liesWithMaker = (request: Pick<Lying, 'number' | 'state'>): Result<true> => {
  if (isWithMaker(request.state)) return ok(true);
  const params = { number: request.number, state: request.state };
  return isOpen(request.state)
    ? refuse('INVALID_STATE', `request ${request.number} is ${request.state} and not with its maker`, {
        reason: 'NOT_WITH_MAKER',
        params,
      })
    : refuse('ALREADY_DECIDED', `request ${request.number} is already ${request.state}`, { params });
};

/** Whoever may make such a request may help with one; he has had a hand in it from then on. */
export const mayEdit = (request: Lying, userId: string): Result<true> => {
  if (userId.startsWith('system:')) {
    return refuse('AUTHORITY_EXCEEDED', 'a request is edited by people', { reason: 'NOT_A_PERSON' });
  }
  return liesWithMaker(request);
};

export const mayResubmit = (request: Lying, userId: string): Result<true> => {
  if (userId !== request.makerId) {
    return refuse('AUTHORITY_EXCEEDED', 'only the maker may submit a request', { reason: 'NOT_THE_MAKER' });
  }
  return liesWithMaker(request);
};

export const decideResubmission = (request: Lying, userId: string, way: 'RERUN' | 'DIRECT'): Result<true> => {
  const may = mayResubmit(request, userId);
  if (!may.ok) return may;
  if (way === 'DIRECT' && request.state !== 'RETURNED') {
    return refuse('INVALID_STATE', 'only what a level returned goes back to it directly', {
      reason: 'NOT_RETURNED',
      field: ['way'],
      params: { number: request.number, state: request.state },
    });
  }
  return ok(true);
};
