/** Mistakes that were seen in other systems, each tried here by its name. What other files show already is not shown again. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TRANSITIONS } from '../../src/approvals/domain/change-request';
import { decideVote, type Voter } from '../../src/approvals/domain/decide-vote';
import type { ChangeRequest } from '../../src/approvals';
import { approvalMatrixSchema, routeChange } from '../../src/policies/domain/approval-matrix';
import { DEFAULT_POLICIES } from '../../src/policies';
import { openApprovalHouse, valueOf, type ApprovalHouse } from '../support/approvals';
import { useDatabase } from '../support/database';
import type { People } from '../support/people';

const test = useDatabase();
let house: ApprovalHouse;
let people: People;
const ROOT = join(__dirname, '../..');

beforeAll(async () => {
  house = await openApprovalHouse(test);
  ({ people } = house);
  await house.publishLevels([
    { role: 'RISK_APPROVER', quorum: 1 },
    { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
  ]);
});
beforeEach(() => house.reset());

const asApp = async (actorId: string, sql: string, params: readonly unknown[] = []) => {
  await test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [actorId]);
  return test.asApp(sql, params);
};

it('approval replayed on a changed base', async () => {
  const request = await house.submitted(people.maker);
  const agreed = valueOf(await house.approve(people.approver, request)).request;
  house.steer.baseVersion = 2;
  house.steer.applied = [];
  expect(await house.approve(people.cro, agreed)).toMatchObject({ refusal: { code: 'STALE_VERSION', reason: 'BASE' } });
  expect(house.steer.applied).toEqual([]);
});

it('a super-checker who may check his own', async () => {
  const all = await house.hire('all', ['RISK_APPROVER', 'CHIEF_RISK_OFFICER', 'FINANCE_APPROVER']);
  const request = await house.submitted(all);
  expect(await house.approve(all, request)).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
});

it('a switch that allows maker = checker', () => {
  // No setting of the program and no rule of a policy speaks of it.
  const config = readFileSync(join(ROOT, 'src/config.ts'), 'utf8');
  expect(config).not.toMatch(/maker|checker|four.?eyes|self.?approv/i);
  expect(JSON.stringify(DEFAULT_POLICIES)).not.toMatch(/maker|selfApprov/i);
});

it('delete instead of reject', async () => {
  const request = await house.submitted(people.maker);
  await house.reject(people.approver, request);
  expect(await house.now(request.id)).toMatchObject({ state: 'REJECTED', votes: [{ verdict: 'REJECT' }] });
  for (const table of ['change_request', 'change_request_vote', 'change_request_round', 'change_request_step']) {
    await expect(asApp('x', `DELETE FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
  }
});

it('cancel stored as a reject vote', async () => {
  const request = await house.submitted(people.maker);
  valueOf(await house.approvals.withdraw(people.maker, { requestId: request.id, expectedVersion: 1, comment: null }));
  expect(await house.now(request.id)).toMatchObject({ state: 'WITHDRAWN', votes: [] });
});

it('signed delta, so a large cut passes "> x"', () => {
  const matrix = DEFAULT_POLICIES.APPROVAL_MATRIX;
  const down = (notches: number) =>
    routeChange(matrix, { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches, amount: '0' }).rowId;
  expect([down(-5), down(5)]).toEqual(['override-down-3-8', 'override-down-3-8']);
});

it('a condition that cannot be compared means "no approval needed"', () => {
  const routed = routeChange(DEFAULT_POLICIES.APPROVAL_MATRIX, { kind: 'GRADE_OVERRIDE', direction: 'DOWN' });
  expect(routed).toMatchObject({ rowId: 'highest', levels: DEFAULT_POLICIES.APPROVAL_MATRIX.highest });
});

it('quorum 0 applies everything', async () => {
  const matrix = DEFAULT_POLICIES.APPROVAL_MATRIX;
  for (const levels of [[], [{ role: 'RISK_APPROVER', quorum: 0 }], [{ groups: [] }], [{ groups: [{ quorum: 1 }] }]]) {
    expect(approvalMatrixSchema.safeParse({ ...matrix, highest: levels }).success).toBe(false);
  }
  const request = await house.submitted(people.maker);
  await expect(
    asApp(
      'x',
      `INSERT INTO change_request_level (request_id, round, ordinal, part, role, quorum) VALUES ($1, 1, 1, 9, 'AUDITOR', 0)`,
      [request.id],
    ),
  ).rejects.toMatchObject({ code: expect.stringMatching(/TW006|23514/) as string });
});

it('quorum clamped to who is left', async () => {
  const leaver = await house.hire('leaver', ['FINANCE_APPROVER']);
  await house.publishLevels([{ role: 'FINANCE_APPROVER', quorum: 'ALL' }]);
  const request = await house.submitted(people.maker);
  expect(request.levels).toMatchObject([{ quorum: 3 }]);
  const user = await house.identity.queries.bySubject('leaver');
  valueOf(
    await house.identity.commands.deactivateUser(people.security, {
      userId: leaver.actor.id,
      reason: 'Left.',
      expectedVersion: user?.version ?? 0,
    }),
  );
  const agreed = valueOf(await house.approve(people.finance, request)).request;
  expect(agreed).toMatchObject({ state: 'IN_REVIEW', levels: [{ quorum: 3 }] });
  // Nobody at all: the request waits, and does not go through.
  await house.publishLevels([{ groups: [{ line: 'AUDIT', role: 'FINANCE_APPROVER', quorum: 'ALL' }] }]);
  expect((await house.submitted(people.maker)).levels).toMatchObject([{ quorum: 1 }]);
  await house.publishLevels([
    { role: 'RISK_APPROVER', quorum: 1 },
    { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
  ]);
});

it('state tested before the row lock only', async () => {
  const request = await house.submitted(people.maker);
  const outcomes = await Promise.all([
    house.reject(people.approver, request),
    house.approve(people.approver2, request),
    house.approvals.withdraw(people.maker, { requestId: request.id, expectedVersion: 1, comment: null }),
  ]);
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
});

it('self-approval test only in the HTTP layer', async () => {
  const request = await house.submitted(people.approver);
  const voter: Voter = {
    userId: people.approver.actor.id,
    active: true,
    roles: ['RISK_APPROVER'],
    line: 'RISK',
    mandates: [],
  };
  const yes = { verdict: 'APPROVE' as const, comment: null, expectedVersion: 1, expectedDigest: null };
  expect(decideVote(request, voter, yes, test.clock())).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
  await expect(insertVote(request, people.approver.actor.id)).rejects.toMatchObject({ code: 'TW003' });
});

const insertVote = (request: ChangeRequest, voterId: string) =>
  asApp(
    voterId,
    `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
     VALUES (gen_random_uuid(), $1, 1, $2, 'APPROVE', $3, $4)`,
    [request.id, voterId, request.digest, test.clock()],
  );

it('votes kept after an edit, a reopening or a rebase', async () => {
  const request = await house.submitted(people.maker);
  const agreed = valueOf(await house.approve(people.approver, request)).request;
  const handle = { requestId: request.id, comment: 'Why?' };
  const returned = valueOf(
    await house.approvals.returnRequest(people.cro, { ...handle, expectedVersion: agreed.version, toLevel: null }),
  ).request;
  const revised = valueOf(
    await test.unitOfWork.run(people.maker, (tx) =>
      house.approvals.revise(tx, {
        requestId: request.id,
        expectedVersion: returned.version,
        kind: 'GRADE_OVERRIDE',
        payload: { toGrade: 'CCC' },
      }),
    ),
  ).request;
  const anew = valueOf(
    await house.approvals.resubmit(people.maker, { ...handle, expectedVersion: revised.version, way: 'RERUN' }),
  ).request;
  expect(anew.votes.filter(({ standing }) => standing)).toEqual([]);
  expect(anew.currentLevel).toBe(1);
  // And not by plain SQL either.
  await expect(
    asApp(people.cro.actor.id, "UPDATE change_request SET state = 'APPLIED', closed_at = now() WHERE id = $1", [
      request.id,
    ]),
  ).rejects.toMatchObject({ code: 'TW007' });
});

it('the substance of a request changed by plain SQL', async () => {
  const request = await house.submitted(people.maker);
  await expect(
    asApp('x', "UPDATE change_request SET payload = '{}' WHERE id = $1", [request.id]),
  ).rejects.toMatchObject({
    code: '42501',
  });
  // A round of one's own is refused while others decide.
  await expect(
    asApp(
      people.maker.actor.id,
      `INSERT INTO change_request_round SELECT id, 2, 1, '{"toGrade": "AAA"}', base, impact, facts, policy_version_id, routing_row,
         digest, effective_from, decide_by, maker_id, submitted_at FROM change_request WHERE id = $1`,
      [request.id],
    ),
  ).rejects.toMatchObject({ code: 'TW006' });
});

it('last approver’s authority not re-checked', async () => {
  const fresh = await house.hire('fresh', ['RISK_APPROVER']);
  const request = await house.submitted(people.maker);
  const agreed = valueOf(await house.approve(fresh, request)).request;
  valueOf(
    await house.identity.commands.revokeRole(people.security, {
      userId: fresh.actor.id,
      role: 'RISK_APPROVER',
      expectedVersion: 1,
    }),
  );
  expect(await house.approve(people.cro, agreed)).toMatchObject({ refusal: { reason: 'AUTHORITY_LOST' } });
});

it('duplicate requests for one subject', async () => {
  const first = await house.submitted(people.maker);
  expect(await house.submit(people.analyst, { subject: first.subject })).toMatchObject({
    refusal: { code: 'CONFLICTING_REQUEST', params: { number: first.number } },
  });
});

describe('the guide to maker-checker', () => {
  const guide = readFileSync(join(ROOT, 'docs/guides/maker-checker.md'), 'utf8');
  const rows = [...guide.matchAll(/^\| (.+?) \| `([a-z-/]+\.test\.ts)` \| (.+?) \|$/gm)];
  const sources = new Map(
    readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => [file, readFileSync(join(ROOT, 'test', file), 'utf8')]),
  );

  /** Verbs, mistakes and rules of supervision as they are numbered: every one has its row. */
  const PROMISED = [
    'submit', 'resubmit', 'approve', 'reject', 'return', 'withdraw', 'reassign', 'delegate', 'add approver', 'copy', 'remind',
    'comment', 'attach evidence', 'escalate', 'break glass', 'bulk decide',
    'approval replayed on a changed base', 'a super-checker who may check his own', 'a switch that allows maker = checker',
    'delete instead of reject', 'cancel stored as a reject vote', 'signed delta', 'a condition that cannot be compared',
    'quorum 0 applies everything', 'quorum clamped to who is left', 'state tested before the row lock only',
    'self-approval test only in the HTTP layer', 'votes kept after an edit, a reopening or a rebase',
    'bypass that leaves no record', 'escalation stored and shown but never executed', 'override without reason or expiry',
    'model grade not computed while overridden', 'last approver’s authority not re-checked', 'duplicate requests for one subject',
    'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15', 'R17', 'R18', 'R20', 'R21',
    'R22', 'R23', 'R25', 'R26', 'R29', 'R31',
  ]; // prettier-ignore

  it.each(PROMISED)('has a row for %s', (promised) => {
    const begin = rows.filter(([, line = '']) => line.startsWith(promised) && !/^\w/.test(line.slice(promised.length)));
    expect(begin).not.toEqual([]);
  });

  it.each(rows.map(([, line = '', file = '', name = '']) => [line, file, name] as const))(
    '%s: names a test that is there',
    (_, file, name) => {
      // As the beginning of a name, in whatever quotes: not as a word of a comment.
      const source = (sources.get(file) ?? '').replaceAll("\\'", "'");
      expect(["'", '"', '`'].filter((quote) => source.includes(quote + name))).not.toEqual([]);
    },
  );

  it('prints the transitions as they are', () => {
    const printed = Object.entries(TRANSITIONS).flatMap(([from, events]) =>
      Object.entries(events).map(([event, to]) => `| \`${from}\` | \`${event}\` | \`${to}\` |`),
    );
    const table = guide.split('\n').filter((line) => /^\| `[A-Z_]+` \| `[A-Z_]+` \| `[A-Z_]+` \|$/.test(line));
    expect(table).toEqual(printed);
  });
});
