/**
 * How long an operation may take, by whatever transport it came: until its time is up, or a query's caller has left. Then it
 * is answered with a fault, and what it has running in the database is ended. A change whose commit has begun is
 * answered as it went, however long that takes.
 */
import { getOperationAST, OperationTypeNode, type ExecutionResult } from 'graphql';
import type { Config } from '../src/config';
import { patiently, Patience, type LossOfPatience } from '../src/platform/patience';
import type { Executor } from './execution';
import { outOfPatienceFault } from './faults';

export const withinTime =
  ({ operationTimeoutMs }: Pick<Config, 'operationTimeoutMs'>, executor: Executor): Executor =>
  (execution) => {
    const { document, operationName, context } = execution;
    const patience = new Patience();
    return new Promise<ExecutionResult>((resolve, reject) => {
      const lose = (reason: LossOfPatience): void => {
        const loss = patience.lose(reason);
        if (loss !== null) resolve({ errors: [outOfPatienceFault(loss)] });
      };
      const timer = operationTimeoutMs > 0 ? setTimeout(lose, operationTimeoutMs, 'OPERATION_TIMEOUT') : undefined;
      // Who asks for a change and leaves may come again for its answer.
      const changes = getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION;
      const stay = changes ? undefined : context.leaving?.(() => lose('CALLER_GONE'));
      patiently(patience, () => executor(execution))
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          stay?.();
        });
    });
  };
