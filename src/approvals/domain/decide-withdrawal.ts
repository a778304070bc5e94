/** May this person take the request back? Only its maker, while nothing of it is agreed to. */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { nextState, type ChangeRequest, type RequestStanding } from './change-request';
import { isAsSeen } from './decide-vote';

export const mayWithdraw = (
  request: Pick<RequestStanding, 'makerId' | 'state' | 'number'>,
  userId: string,
): Result<true> => {
  if (userId !== request.makerId) {
    return refuse('AUTHORITY_EXCEEDED', 'only the maker may withdraw a request', { reason: 'NOT_THE_MAKER' });
  }
  if (nextState(request.state, 'WITHDRAW') === null) {
    return refuse('ALREADY_DECIDED', `request ${request.number} is already ${request.state}`, {
      params: { number: request.number, state: request.state },
    });
  }
  return ok(true);
};

export const decideWithdrawal = (request: ChangeRequest, userId: string, expectedVersion: number): Result<true> => {
  const may = mayWithdraw(request, userId);
  return may.ok ? isAsSeen(request, { expectedVersion }) : may;
};
