/** A verb works on its request, which is locked until the transaction ends. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Tx } from '../platform/unit-of-work';
import { lockRequest } from './change-request.store';
import type { ChangeRequest } from './domain/change-request';
import type { ApprovalDeps, RequestHandle } from './request-handler';
import { notFound } from './request-log';

/** Refuses NOT_FOUND. */
export const withRequest = <T>(
  { unitOfWork }: Pick<ApprovalDeps, 'unitOfWork'>,
  by: Initiator,
  { requestId }: Pick<RequestHandle, 'requestId'>,
  work: (tx: Tx, request: ChangeRequest) => Promise<Result<T>>,
): Promise<Result<T>> =>
  unitOfWork.run(by, async (tx) => {
    const request = await lockRequest(tx, requestId);
    return request === null ? notFound() : work(tx, request);
  });
