/** Work that is due for many customers, each in a unit of its own: one customer's trouble never stops the others. */
import { ok, type Result } from '../kernel/result';

/** Yields the sum of what the units did; throws the first failure once all had their turn. */
export const forEachCustomer = async <Due>(
  due: () => Promise<readonly Due[]>,
  work: (due: Due) => Promise<Result<number>>,
): Promise<Result<number>> => {
  const failures: unknown[] = [];
  let done = 0;
  for (const one of await due()) {
    try {
      const result = await work(one);
      if (result.ok) done += result.value;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return ok(done);
};
