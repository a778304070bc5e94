/**
 * A new approval matrix, from a spreadsheet to being in force: one with a gap is refused with a change that falls into it; mended, two
 * people other than its maker agree to it, and the next override is routed by it. The command line reads the same files.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from '../../cli/main';
import type { Json } from '../../src/kernel/canonical-json';
import { DEFAULT_POLICIES } from '../../src/policies';
import { DEFAULT_TEST_CASES } from '../../src/policies/domain/default-policies';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('empty');
const matrix = DEFAULT_POLICIES.APPROVAL_MATRIX;
const small = { role: 'RISK_APPROVER' as const, quorum: 1 };
/** Three notches down fit neither row. */
const holed = {
  ...matrix,
  hitPolicy: 'FIRST',
  rows: matrix.rows.map((row) =>
    row.id === 'override-down-3-8' ? { ...row, when: { ...row.when, notches: { min: 4, max: 8 } } } : row,
  ),
};
const mended = {
  ...holed,
  rows: holed.rows.map((row) =>
    row.id === 'override-down-1-2'
      ? { ...row, when: { ...row.when, notches: { min: 1, max: 3 } }, levels: [small] }
      : row,
  ),
};
const testCases = [
  {
    name: 'three notches down are for the risk approver',
    table: 'GRADE_OVERRIDE',
    input: { direction: 'DOWN', notches: 3, amount: 0 },
    expect: { row: 'override-down-1-2' },
  },
];
const input = (content: object) => ({
  kind: 'APPROVAL_MATRIX',
  content: content as Json,
  testCases,
  justification: 'Three notches down need no chief risk officer.',
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tierwarden-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lines on stdout of one command, and how it ended. */
const tierwarden = async (
  ...args: string[]
): Promise<{ readonly lines: string[]; readonly failure: string | null }> => {
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await program().parseAsync(args, { from: 'user' });
    return { lines: written.join('').trim().split('\n'), failure: null };
  } catch (error) {
    return { lines: written.join('').trim().split('\n'), failure: (error as Error).message };
  } finally {
    write.mockRestore();
  }
};

const approve = async (who: Handle, request: Loose): Promise<Loose> => {
  const { id, version } = request;
  const answer = await api.ask(who, 'approve-request', { input: { requestId: id, expectedVersion: version } });
  return answer.data['approveRequest'];
};

it('a matrix with a gap does not come about, a mended one by two others', async () => {
  const checked = (await api.ask('policy', 'check-policy', { ...input(holed) })).data['checkPolicy'];
  // Up to the exposure bound, above which another row answers.
  expect(checked.findings).toEqual(
    ['0', '0.01', '10000000'].map((amount) => ({
      severity: 'ERROR',
      code: 'GAP',
      table: 'GRADE_OVERRIDE',
      rows: [],
      example: { direction: 'DOWN', notches: '3', amount },
      text: {
        en: `GRADE_OVERRIDE: no row fits direction=DOWN, notches=3, amount=${amount}`,
        zh: `GRADE_OVERRIDE：direction=DOWN, notches=3, amount=${amount} 没有对应的行`,
      },
    })),
  );
  expect(checked.failedCases).toMatchObject([{ got: { row: 'highest' } }]);

  const drafted = (await api.ask('policy', 'draft-policy-version', { input: input(holed) })).data['draftPolicyVersion'];
  expect(drafted.request).toMatchObject({
    state: 'DRAFT',
    impact: { warnings: Array(3).fill({ en: expect.stringContaining('notches=3') }) },
  });
  const { id: requestId, version: expectedVersion } = drafted.request;
  const refused = (await api.ask('policy', 'submit-policy-version', { input: input(holed) })).data[
    'submitPolicyVersion'
  ];
  expect(refused.request).toBeNull();
  expect(refused.userErrors).toMatchObject([
    {
      messageKey: 'POLICY_VIOLATION.POLICY_FINDINGS',
      field: ['content'],
      params: { code: 'GAP', table: 'GRADE_OVERRIDE', example: '{"direction":"DOWN","notches":"3","amount":"0"}' },
    },
  ]);

  const { kind: _, ...content } = input(mended);
  const revised = (
    await api.ask('policy', 'revise-policy-version', { input: { requestId, expectedVersion, ...content } })
  ).data['revisePolicyVersion'];
  const handle = { requestId, expectedVersion: revised.request.version };
  const sent = (await api.ask('policy', 'resubmit-request', { input: { ...handle, way: 'RERUN' } })).data[
    'resubmitRequest'
  ];
  expect(sent.userErrors).toEqual([]);
  const request = (await api.ask('approver', 'change-request', { id: requestId })).data['changeRequest'];
  expect(request).toMatchObject({
    kind: 'POLICY_VERSION',
    state: 'IN_REVIEW',
    policyVersion: { kind: 'APPROVAL_MATRIX', number: 1 },
    proposal: { policy: 'APPROVAL_MATRIX', after: 1, testCases },
    changes: expect.arrayContaining([{ what: 'rows.override-down-1-2.when.notches.max', before: '2', after: '3' }]),
    levels: [{ role: 'RISK_APPROVER' }, { role: 'CHIEF_RISK_OFFICER' }],
  });
  expect((await approve('policy', request)).userErrors).toMatchObject([{ code: 'MAKER_CANNOT_CHECK' }]);
  const first = await approve('approver', request);
  const inForce = async () => (await api.ask('approver', 'policy', { kind: 'APPROVAL_MATRIX' })).data['policy'];
  expect(await inForce()).toMatchObject({ number: 1 });
  expect((await approve('cro', first.request)).request).toMatchObject({ state: 'APPLIED' });
  expect(await inForce()).toMatchObject({ number: 2, content: mended });

  const versions = (await api.ask('maker', 'policy-versions', { kind: 'APPROVAL_MATRIX' })).data['policyVersions']
    .nodes;
  expect(versions).toMatchObject([
    { number: 2, testCases },
    { number: 1, testCases: DEFAULT_TEST_CASES.APPROVAL_MATRIX },
  ]);
  const [to, from] = versions;
  const differences = (await api.ask('maker', 'policy-version-differences', { fromId: from.id, toId: to.id })).data[
    'policyVersionDifferences'
  ];
  expect(differences.map(({ path }: { path: string }) => path)).toEqual([
    'rows.override-down-1-2.when.notches.max',
    'rows.override-down-3-8.when.notches.min',
    'hitPolicy',
  ]);
});

it('the command line looks the same files through, as JSON and as CSV', async () => {
  const [bad, good, old] = ['bad.json', 'good.json', 'old.csv'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(bad, JSON.stringify(holed));
  await writeFile(good, JSON.stringify({ content: mended, testCases }));
  expect(await tierwarden('policy', 'lint', 'APPROVAL_MATRIX', bad)).toEqual({
    lines: ['0', '0.01', '10000000'].map(
      (amount) => `ERROR GAP GRADE_OVERRIDE: no row fits direction=DOWN, notches=3, amount=${amount}`,
    ),
    failure: `${bad} could not be published: 3 errors`,
  });
  const { lines, failure } = await tierwarden('policy', 'lint', 'APPROVAL_MATRIX', good, '--sentences');
  expect(failure).toBeNull();
  expect(lines).toContain(
    'GRADE_OVERRIDE: if the direction is DOWN and the size in notches is at least 1 and at most 3 and the amount after it is at most 10000000: 1 of RISK_APPROVER.',
  );
  await writeFile(
    old,
    [
      'id,kind,direction,notchesMin,notchesMax,amountAbove,amountUpTo,relativeChangeAbove,relativeChangeUpTo,policies,levels,hitPolicy',
      'all,GRADE_OVERRIDE,,1,8,,,,,,"[{""role"":""RISK_APPROVER"",""quorum"":1}]",',
      'highest,,,,,,,,,,"[{""role"":""CHIEF_RISK_OFFICER"",""quorum"":1}]",FIRST',
    ].join('\n'),
  );
  expect((await tierwarden('policy', 'diff', 'APPROVAL_MATRIX', old, good)).lines).toEqual(
    expect.arrayContaining([expect.stringMatching(/^rows\.all: \{.*\} → null$/), expect.stringMatching(/^highest/)]),
  );
});
