/**
 * Every published operation once, with success: asked by somebody who may, in an order in which each finds what it needs.
 * For tests that hold of all operations, whatever they do.
 */
import { publishedOperations, type Answer, type Loose, type TestApi } from './api';
import type { Handle } from './people';

/** An operation under the name of its file. */
export interface PublishedOperation {
  readonly name: string;
  readonly document: string;
}

const JUSTIFICATION = 'Something material has happened to this company.';

/** On the rated sample. `around` is called once for every operation and executes it. Throws where one is left out. */
export const runPublishedOperations = async (
  api: TestApi,
  around: (operation: PublishedOperation, execute: () => Promise<Answer>) => Promise<Answer>,
): Promise<void> => {
  const documents = await publishedOperations();
  const left = new Set(documents.keys());

  const run = async (who: Handle, name: string, variables: Record<string, unknown> = {}): Promise<Loose> => {
    const execute = (): Promise<Answer> => api.ask(who, name, variables);
    const document = documents.get(name) ?? '';
    const answer = left.delete(name) ? await around({ name, document }, execute) : await execute();
    const data = answer.data === null ? null : Object.values(answer.data as Record<string, Loose>)[0];
    const problems = [...answer.errors.map(({ message }) => message), ...((data?.userErrors ?? []) as unknown[])];
    if (problems.length > 0 || data === null) throw new Error(`${name} failed: ${JSON.stringify(problems)}`);
    return data;
  };
  const change = (who: Handle, name: string, input: Record<string, unknown>): Promise<Loose> =>
    run(who, name, { input });

  await run('approver', 'viewer');
  await run('approver', 'users');
  await run('approver', 'org-units');
  await run('approver', 'indicator-definitions');
  await run('approver', 'policy', { kind: 'APPROVAL_MATRIX' });
  await run('approver', 'rank-power', { event: 'DEFAULT', source: 'books' });

  const { nodes } = await run('approver', 'customers', { first: 100, where: { grade: { eq: 'A' } } });
  let raisable: Loose = null;
  for (const { id } of nodes as Loose[]) {
    const customer = await run('approver', 'customer', { id });
    const { approved, allowed } = customer.creditLimit;
    if (Number(approved.amount) < Number(allowed.amount)) raisable ??= customer;
  }
  const id = raisable.id as string;
  for (const name of [
    'node',
    'customer-as-of',
    'customer-history',
    'customer-indicators',
    'rating-log',
    'rating-scorecard',
    'related-parties',
  ]) {
    await run('approver', name, { id });
  }
  await run('approver', 'indicator-history', { id, code: 'roa' });

  const { customer } = await change('maker', 'register-customer', { number: 'PUBLISHED-1', nameEn: 'Published Ltd' });
  await change('maker', 'update-customer', {
    customerId: customer.id,
    expectedVersion: customer.version,
    changes: { shortName: 'Published' },
  });
  const { relation } = await change('maker', 'relate-customers', {
    fromId: customer.id,
    toId: id,
    kind: 'GUARANTOR',
  });
  await change('maker', 'end-customer-relation', { relationId: relation.id, reason: 'The guarantee has run out.' });

  await change('analyst', 'rate-customer', { customerId: id });
  const { run: started } = await change('analyst', 'start-rating-run', {});
  await change('analyst', 'cancel-rating-run', { runId: started.id });
  const runs = (await run('approver', 'rating-runs')).nodes as Loose[];
  await run('approver', 'rating-run', { id: runs.find(({ state }) => state === 'COMPLETED').id });

  const raised = await change('maker', 'request-credit-limit-raise', {
    customerId: id,
    amount: raisable.creditLimit.allowed,
    justification: JUSTIFICATION,
    expectedVersion: raisable.creditLimit.version,
  });
  await change('maker', 'withdraw-request', {
    requestId: raised.request.id,
    expectedVersion: raised.request.version,
  });
  const override = async (): Promise<Loose> => {
    const { grade } = await run('approver', 'customer', { id });
    const { request } = await change('maker', 'submit-grade-override', {
      customerId: id,
      toGrade: 'BBB',
      reasonCode: 'MATERIAL_EVENT',
      justification: JUSTIFICATION,
      evidence: [{ title: 'Notice', reference: '2026-1' }],
      validUntil: new Date(api.test.clock().getTime() + 30 * 86_400_000).toISOString(),
      expectedVersion: grade.version,
    });
    return { requestId: request.id, expectedVersion: request.version };
  };
  await change('approver', 'reject-request', { ...(await override()), comment: 'Not for this reason.' });
  const open = await override();
  await run('approver', 'inbox');
  await change('approver', 'approve-request', open);
  await run('approver', 'change-request', { id: open.requestId });
  await run('auditor', 'audit-events');

  if (left.size > 0) throw new Error(`published, but not run: ${[...left].join(', ')}`);
};
