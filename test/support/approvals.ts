/** Maker-checker on a test database: a handler that tests can steer, a matrix of their own, and enough people to decide. */
import { createApprovals, type Approvals, type ChangeRequest, type RequestHandler } from '../../src/approvals';
import { createIdentity, type Identity } from '../../src/identity';
import { actorOf } from '../../src/identity/domain/user';
import type { Initiator } from '../../src/kernel/actor';
import { digestOf, type Json } from '../../src/kernel/canonical-json';
import { GRADES, isWorse, type Grade } from '../../src/kernel/grade';
import { refuse } from '../../src/kernel/refusal';
import { ok, type Result } from '../../src/kernel/result';
import type { Role } from '../../src/kernel/role';
import { createPolicies, DEFAULT_POLICIES, type ApprovalLevel } from '../../src/policies';
import type { Reads } from '../../src/platform/reads';
import type { Loose } from './api';
import type { TestDatabase } from './database';
import { asSystemActor, hirePeople, type People } from './people';
import { leftReads, readObject } from './reads';

/** What the handler of the tests finds and does. */
export interface Steering {
  baseVersion: number;
  applyRefuses: boolean;
  applied: { readonly id: string; readonly payload: Json }[];
  ended: string[];
  reverted: string[];
  interested: string[];
}

export interface ApprovalHouse {
  readonly approvals: Approvals;
  readonly identity: Identity;
  readonly people: People;
  readonly steer: Steering;
  readonly reads: Reads;
  readonly reset: () => void;
  readonly hire: (subject: string, roles: readonly Role[], orgUnitCode?: string) => Promise<Initiator>;
  /** The only row of the matrix from now on, for overrides downwards. */
  readonly publishLevels: (levels: readonly ApprovalLevel[]) => Promise<void>;
  readonly submit: (by: Initiator, over?: Over) => Promise<Result<ChangeRequest>>;
  readonly submitted: (by: Initiator, over?: Over) => Promise<ChangeRequest>;
  readonly drafted: (by: Initiator, over?: Over) => Promise<ChangeRequest>;
  readonly approve: (by: Initiator, request: ChangeRequest, over?: VoteOver) => ReturnType<Approvals['vote']>;
  readonly reject: (by: Initiator, request: ChangeRequest, comment?: string | null) => ReturnType<Approvals['vote']>;
  /** The request as it stands now. */
  readonly now: (id: string) => Promise<Loose>;
  readonly actionsOn: (id: string) => Promise<string[]>;
}

export interface Over {
  readonly kind?: RequestHandler['kind'];
  readonly subject?: ChangeRequest['subject'];
  readonly toGrade?: Grade;
  readonly decideBy?: Date;
  readonly effectiveFrom?: Date | null;
  readonly facts?: ChangeRequest['facts'];
  readonly impact?: Json;
}
interface VoteOver {
  readonly version?: number;
  readonly lowerTo?: string;
  readonly comment?: string;
}

export const valueOf = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw new Error(`${result.refusal.code}.${result.refusal.reason ?? ''}: ${result.refusal.message}`);
};

const DAY_MS = 86_400_000;

/** Where links and challenges are signed with, and whose passkeys are taken. */
export const HOUSE = {
  mode: 'external',
  home: '/nowhere',
  evidence: { key: Buffer.alloc(32, 7).toString('base64'), keyFile: null, maxBytes: 1_000 },
  passkeys: { id: 'house.example', origins: ['https://house.example'] },
} as const;

export const openApprovalHouse = async (test: TestDatabase): Promise<ApprovalHouse> => {
  const people = await hirePeople(test);
  const identity = createIdentity({ database: test.database, unitOfWork: test.unitOfWork, clock: test.clock });
  const policies = createPolicies(test);
  await policies.ensureDefaults(asSystemActor());
  const steer: Steering = { baseVersion: 1, applyRefuses: false, applied: [], ended: [], reverted: [], interested: [] };
  const approvals = createApprovals({
    database: test.database,
    unitOfWork: test.unitOfWork,
    policies,
    interestedIn: async () => steer.interested,
    config: HOUSE,
  });
  const proposalOf = (at: Date, { toGrade = 'BBB', decideBy, effectiveFrom = null, facts, impact = {} }: Over) => ({
    payload: { toGrade },
    base: { version: steer.baseVersion },
    impact,
    facts: facts ?? ({ kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 1, amount: '0' } as const),
    decideBy: decideBy ?? new Date(at.getTime() + 30 * DAY_MS),
    effectiveFrom,
  });
  const handlerOf = (kind: RequestHandler['kind']): RequestHandler => ({
    kind,
    currentBase: async () => ({ version: steer.baseVersion }),
    show: () => ({ __typename: 'GradeOverrideProposal' }),
    prepare: async (tx, _, payload) => ok(proposalOf(tx.at, { toGrade: (payload as { toGrade: Grade }).toGrade })),
    lower: (payload, to) => {
      const { toGrade } = payload as { toGrade: Grade };
      const lower = GRADES.find((grade) => grade === to);
      return lower !== undefined && isWorse(lower, toGrade)
        ? ok({ toGrade: lower })
        : refuse('INVALID', 'not lower', { reason: 'NOT_LOWER', field: ['lowerTo'] });
    },
    apply: async (tx, request) => {
      if (steer.applyRefuses) return refuse('INVALID_STATE', 'not now');
      tx.record({ action: 'test.applied', object: { type: 'Test', id: request.subject.id } });
      steer.applied.push({ id: request.id, payload: request.payload });
      return ok(true);
    },
    ended: async (_, request) => {
      steer.ended.push(request.id);
    },
    revert: async (tx, request) => {
      tx.record({ action: 'test.reverted', object: { type: 'Test', id: request.subject.id } });
      steer.reverted.push(request.id);
      return ok(true);
    },
  });
  approvals.register(handlerOf('GRADE_OVERRIDE'));
  // A kind whose proposals are taken as they are.
  const { kind, currentBase, show, apply } = handlerOf('CREDIT_LIMIT');
  approvals.register({ kind, currentBase, show, apply });

  const enter = (by: Initiator, over: Over, way: 'submit' | 'saveDraft') =>
    test.unitOfWork.run(by, async (tx) => {
      const outcome = await approvals[way](tx, {
        kind: over.kind ?? 'GRADE_OVERRIDE',
        subject: over.subject ?? { type: 'Customer', id: tx.newId() },
        ...proposalOf(tx.at, over),
      });
      return outcome.ok ? ok(outcome.value.request) : outcome;
    });
  const reads = leftReads(test, HOUSE);

  return {
    approvals,
    identity,
    people,
    steer,
    reads,
    reset: () => {
      Object.assign(steer, {
        baseVersion: 1,
        applyRefuses: false,
        applied: [],
        ended: [],
        reverted: [],
        interested: [],
      });
    },
    hire: async (subject, roles, orgUnitCode = 'RISK') => {
      const hired = await identity.commands.createUser(asSystemActor(), {
        subject,
        displayName: subject,
        orgUnitCode,
        roles,
      });
      return { actor: actorOf(valueOf(hired).user), requestId: `test-${subject}` };
    },
    publishLevels: async (levels) => {
      const { rows, highest } = DEFAULT_POLICIES.APPROVAL_MATRIX;
      const others = rows.filter(({ when }) => when.kind !== 'GRADE_OVERRIDE');
      const content = { rows: [{ id: 'test', when: { kind: 'GRADE_OVERRIDE' }, levels }, ...others], highest };
      await test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
      await test.asOwner(
        `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
         SELECT $1, 'APPROVAL_MATRIX', max(number) + 1, $2, $3, $4, $4, 'test' FROM policy_version WHERE kind = 'APPROVAL_MATRIX'`,
        [test.newId(), JSON.stringify(content), digestOf(content as Json), test.clock()],
      );
    },
    submit: (by, over = {}) => enter(by, over, 'submit'),
    submitted: async (by, over = {}) => valueOf(await enter(by, over, 'submit')),
    drafted: async (by, over = {}) => valueOf(await enter(by, over, 'saveDraft')),
    approve: (by, request, { version = request.version, lowerTo, comment } = {}) =>
      approvals.vote(by, {
        requestId: request.id,
        verdict: 'APPROVE',
        comment: comment ?? null,
        expectedVersion: version,
        expectedDigest: request.digest,
        ...(lowerTo === undefined ? {} : { lowerTo }),
      }),
    reject: (by, request, comment = 'No.') =>
      approvals.vote(by, {
        requestId: request.id,
        verdict: 'REJECT',
        comment,
        expectedVersion: request.version,
        expectedDigest: null,
      }),
    now: (id) =>
      readObject(reads, people.auditor.actor, ['ChangeRequest', id], {
        state: true,
        version: true,
        round: true,
        failure: true,
        levels: true,
        nextAlarmAt: true,
        alarms: true,
        stillAsked: { displayName: true },
        votes: { levelOrdinal: true, verdict: true, standing: true, round: true },
        timeline: { verb: true, text: true },
      }),
    actionsOn: async (id) =>
      (
        await test.asOwner<{ action: string }>(
          'SELECT action FROM audit_event WHERE object_id = $1 ORDER BY occurred_at, id',
          [id],
        )
      ).map((row) => row.action),
  };
};
