/** Is this the content of a policy of that kind, are these its test cases? Shape is judged, and what the kind says of its own sense. */
import { z } from 'zod';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { POLICY_SCHEMAS, type PolicyContent, type PolicyKind, type PolicyTestCase } from './policy';

/** Refuses INVALID.POLICY_CONTENT, telling the first place that is wrong. */
export const parsePolicy = <K extends PolicyKind>(kind: K, json: unknown): Result<PolicyContent<K>> => {
  const parsed = POLICY_SCHEMAS[kind].safeParse(json);
  if (parsed.success) return ok(parsed.data as PolicyContent<K>);
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  return refuse('INVALID', `this is no ${kind} policy: ${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`, {
    reason: 'POLICY_CONTENT',
    params: { kind, path },
  });
};

const MOST_CASES = 500;

const testCasesSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(200),
      table: z.string().min(1).max(80),
      input: z.record(z.string(), z.union([z.string().max(80), z.number(), z.boolean()])),
      expect: z.record(z.string(), z.json()),
    }),
  )
  .max(MOST_CASES)
  .refine((cases) => new Set(cases.map(({ name }) => name)).size === cases.length, 'two cases have the same name');

/** Refuses INVALID.POLICY_TEST_CASES, telling the first place that is wrong. */
export const parseTestCases = (json: unknown): Result<readonly PolicyTestCase[]> => {
  const parsed = testCasesSchema.safeParse(json);
  if (parsed.success) return ok(parsed.data as readonly PolicyTestCase[]);
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  return refuse('INVALID', `these are no test cases: ${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`, {
    reason: 'POLICY_TEST_CASES',
    field: ['testCases'],
    params: { path },
  });
};
