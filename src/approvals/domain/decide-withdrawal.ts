/** May this person take the request back? Only its maker, while it is undecided. */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { isOpen, type ChangeRequest, type RequestStanding } from './change-request';

export const mayWithdraw = (request: RequestStanding, userId: string): Result<true> => {
  if (userId !== request.makerId) {
    return refuse('AUTHORITY_EXCEEDED', 'only the maker may withdraw a request', { reason: 'NOT_THE_MAKER' });
  }
  if (!isOpen(request.state)) {
    return refuse('ALREADY_DECIDED', `request ${request.number} is already ${request.state}`, {
      params: { number: request.number, state: request.state },
    });
  }
  return ok(true);
};

export const decideWithdrawal = (request: ChangeRequest, userId: string, expectedVersion: number): Result<true> => {
  const may = mayWithdraw(request, userId);
  if (!may.ok) return may;
  if (expectedVersion !== request.version) {
    return refuse('STALE_VERSION', `request ${request.number} is at version ${request.version} now`, {
      field: ['expectedVersion'],
      params: { expected: expectedVersion, current: request.version },
    });
  }
  return ok(true);
};
