/** How change requests are read for inboxes and screens. What is inside of one is told by the handler of its kind. */
import type { Json } from '../kernel/canonical-json';
import type { Line } from '../kernel/line';
import { byActorId, mandatesAt, permit, standingsNow } from '../identity';
import type { Database } from '../platform/database';
import {
  batched,
  bool,
  computed,
  identity,
  int,
  json,
  many,
  moment,
  one,
  prepared,
  text,
  type ReadEnv,
  type RoomReads,
} from '../platform/read-model';
import {
  handoversJson,
  handoversOf,
  levelsJson,
  levelsOf,
  requestNumber,
  votesJson,
  votesOf,
  type JsonRows,
} from './change-request.rows';
import {
  approvalsAt,
  askedParts,
  type ChangeRequest,
  type RequestKind,
  type RequestState,
  type Verdict,
} from './domain/change-request';
import type { Voter } from './domain/decide-vote';
import { voteText, type SignedVote } from './domain/signing-text';
import { viewerActions } from './domain/viewer-actions';
import { linkEnd } from './evidence.commands';
import type { EvidenceLinks } from './evidence-links';
import type { ApprovalDeps } from './request-handler';
import { verifySignature, type KeyKind, type RelyingParty } from './signatures';
import { voterOf } from './vote.commands';

const number = text((t) => `${t}.serial::text`, { as: requestNumber });
const kind = text<RequestKind>('kind');
const state = text<RequestState>('state');
const round = int('round');
const currentLevel = int('current_level');
const digest = text('digest');

const levels = json<ChangeRequest['levels']>(levelsJson, { as: (rows) => levelsOf(rows as JsonRows) });
const votes = json<ChangeRequest['votes']>(votesJson, { as: (rows) => votesOf(rows as JsonRows) });
const handovers = json<ChangeRequest['handovers']>(handoversJson, { as: (rows) => handoversOf(rows as JsonRows) });

const mayReadRequests = (viewer: ReadEnv['viewer']): boolean => permit(viewer, 'request.read').ok;

/** Everything that was done about requests, votes among it. */
const TIMELINE = `(SELECT id, request_id, round, level_ordinal, verb, actor_id, to_id, role, text, taken_at
    FROM change_request_step
  UNION ALL
  SELECT id, request_id, round, level_ordinal, verdict, voter_id::text, principal_id, NULL, comment, cast_at
    FROM change_request_vote)`;

/** Parts of the level that is asked which still need votes, as a condition on `level` of the request `r`. */
const wanting = (r: string): string =>
  `level.request_id = ${r}.id AND level.round = ${r}.round AND level.ordinal = ${r}.current_level
   AND level.quorum > (SELECT count(*) FROM change_request_vote AS given WHERE given.request_id = ${r}.id
     AND given.level_ordinal = level.ordinal AND given.part = level.part AND given.verdict = 'APPROVE'
     AND given.digest = ${r}.digest AND (NOT ${r}.eventful OR change_request_vote_stands(given)))`;

/** People who are still asked, by office or by name. */
const stillAsked = (r: string, person: string): string =>
  `${r}.state = 'IN_REVIEW' AND ${person}.active AND ${person}.id::text <> ${r}.maker_id
   AND NOT ${person}.id::text = ANY (${r}.editor_ids || ${r}.interested_ids)
   AND NOT EXISTS (SELECT FROM change_request_vote AS cast_one WHERE cast_one.request_id = ${r}.id
     AND ${person}.id IN (cast_one.voter_id, cast_one.principal_id)
     AND (NOT ${r}.eventful OR change_request_vote_stands(cast_one)))
   AND EXISTS (SELECT FROM change_request_level AS level WHERE ${wanting(r)} AND (level.person_id = ${person}.id
     OR level.person_id IS NULL
       AND (level.role IS NULL OR EXISTS (SELECT FROM user_role AS held WHERE held.user_id = ${person}.id
         AND held.role = level.role AND held.revoked_at IS NULL))
       AND (level.line IS NULL OR level.line = (SELECT unit.line FROM org_unit AS unit WHERE unit.id = ${person}.org_unit_id))))`;

interface StoredSignature {
  readonly keyId: string;
  readonly kind: KeyKind;
  readonly publicKey: string;
  readonly credentialId: string | null;
  readonly signature: string;
  readonly authenticatorData: string | null;
  readonly clientData: string | null;
}

const signatureJson = (vote: string): string => {
  const hex = (column: string): string => `encode(${column}, 'hex')`;
  return `(SELECT json_build_object('keyId', held.id, 'kind', held.kind, 'publicKey', ${hex('held.public_key')},
      'credentialId', ${hex('held.credential_id')}, 'signature', ${hex('given.signature')},
      'authenticatorData', ${hex('given.authenticator_data')}, 'clientData', ${hex('given.client_data')})
    FROM change_request_signature AS given JOIN signing_key AS held ON held.id = given.key_id WHERE given.vote_id = ${vote}.id)`;
};

const fromHex = (text: string): Buffer => Buffer.from(text, 'hex');
const optionalFromHex = (text: string | null): Buffer | null => (text === null ? null : fromHex(text));

const shownSignature = async (party: RelyingParty, vote: SignedVote, signed: StoredSignature | null) => {
  if (signed === null) return null;
  const { keyId, kind } = signed;
  const key = { kind, publicKey: fromHex(signed.publicKey), credentialId: optionalFromHex(signed.credentialId) };
  const verified = await verifySignature(party, key, voteText(vote), {
    signature: fromHex(signed.signature),
    authenticatorData: optionalFromHex(signed.authenticatorData),
    clientData: optionalFromHex(signed.clientData),
  });
  return { keyId, algorithm: kind, verified: verified !== null };
};

const file = 'file';

export const createApprovalReads = (
  { handlerOf, party }: Pick<ApprovalDeps, 'handlerOf' | 'party'>,
  database: Pick<Database, 'query'>,
  links: () => Promise<EvidenceLinks | null>,
): RoomReads => ({
  models: [
    {
      name: 'Vote',
      table: (t) => `change_request_vote AS ${t}`,
      key: 'id',
      mayRead: mayReadRequests,
      fields: {
        round: int('round'),
        levelOrdinal: int('level_ordinal'),
        verdict: text('verdict'),
        comment: text('comment'),
        digest: text('digest'),
        loweredTo: text('lowered_to'),
        castAt: moment('cast_at'),
        standing: bool((t) => `change_request_vote_stands(${t})`),
        // Checked anew for whoever looks, from what is stored alone.
        signature: batched(
          {
            requestId: text('request_id'),
            round: int('round'),
            level: int('level_ordinal'),
            verdict: text<Verdict>('verdict'),
            digest: text('digest'),
            loweredTo: text('lowered_to'),
            signed: json<StoredSignature>(signatureJson),
          },
          (cast) => Promise.all(cast.map(({ signed, ...vote }) => shownSignature(party, vote, signed))),
        ),
        voter: one('User', (vote, user) => `${user}.id = ${vote}.voter_id`),
        principal: one('User', (vote, user) => `${user}.id = ${vote}.principal_id`),
      },
    },
    {
      name: 'RequestEvidence',
      table: (t) => `change_request_evidence AS ${t}`,
      key: 'id',
      mayRead: mayReadRequests,
      joins: { file: (t) => `LEFT JOIN evidence_file AS ${t}_file ON ${t}_file.id = ${t}.file_id` },
      fields: {
        fileId: text('file_id'),
        title: text('title'),
        name: text((t) => `${t}_file.name`, { join: file }),
        mediaType: text((t) => `${t}_file.media_type`, { join: file }),
        size: int((t) => `${t}_file.size`, { join: file }),
        sha256: text((t) => `${t}_file.sha256`, { join: file }),
        addedAt: moment('added_at'),
        downloadUrl: prepared({ id: text('id') }, links, ({ id }, { viewer, now }, signer) =>
          signer === null || viewer.kind !== 'USER'
            ? null
            : signer.sign({ use: 'GET', id, userId: viewer.id, expiresAt: linkEnd(now) }),
        ),
        expiresAt: computed({}, (_, { now }) => linkEnd(now).toISOString()),
        addedBy: one('User', byActorId('added_by')),
      },
    },
    {
      name: 'Delegation',
      table: (t) => `delegation AS ${t}`,
      key: 'id',
      mayRead: mayReadRequests,
      fields: {
        id: identity,
        kinds: json((t) => `to_json(${t}.kinds)`),
        startsAt: moment('starts_at'),
        endsAt: moment('ends_at'),
        reason: text('reason'),
        givenAt: moment('given_at'),
        revokedAt: moment('revoked_at'),
        inForce: computed(
          { startsAt: moment('starts_at'), endsAt: moment('ends_at'), revokedAt: moment('revoked_at') },
          ({ startsAt, endsAt, revokedAt }, { now }) =>
            revokedAt === null && new Date(startsAt) <= now && new Date(endsAt) > now,
        ),
        from: one('User', (delegation, user) => `${user}.id = ${delegation}.from_id`),
        to: one('User', (delegation, user) => `${user}.id = ${delegation}.to_id`),
        request: one('ChangeRequest', (delegation, request) => `${request}.id = ${delegation}.request_id`),
      },
    },
    {
      name: 'ChangeRequestStep',
      table: (t) => `${TIMELINE} AS ${t}`,
      key: 'id',
      mayRead: mayReadRequests,
      fields: {
        verb: text('verb'),
        round: int('round'),
        levelOrdinal: int('level_ordinal'),
        role: text('role'),
        text: text('text'),
        takenAt: moment('taken_at'),
        actor: one('User', byActorId('actor_id')),
        to: one('User', (step, user) => `${user}.id = ${step}.to_id`),
      },
    },
    {
      name: 'ChangeRequest',
      table: (t) => `change_request AS ${t}`,
      key: 'id',
      mayRead: mayReadRequests,
      fields: {
        id: identity,
        number,
        kind: text('kind'),
        state,
        digest,
        round,
        routingRow: text('routing_row'),
        submittedAt: moment('submitted_at'),
        decideBy: moment('decide_by'),
        effectiveFrom: moment('effective_from'),
        closedAt: moment('closed_at'),
        updatedAt: moment('updated_at'),
        nextAlarmAt: moment('alarm_at'),
        alarms: int('alarms'),
        failure: text('failure'),
        version: int('version'),
        proposal: computed({ kind, payload: json('payload') }, (request, { viewer }) =>
          handlerOf(request.kind).show(request.payload, viewer),
        ),
        impact: computed(
          { kind, impact: json<Json>((t) => `${t}.impact`) },
          (request, { identify }) => handlerOf(request.kind).showImpact?.(request.impact, identify) ?? null,
        ),
        textsToSign: computed({ id: text('id'), round, currentLevel, digest }, (request) => {
          const of = (verdict: Verdict): string =>
            voteText({ requestId: request.id, level: request.currentLevel, verdict, loweredTo: null, ...request });
          return { approve: of('APPROVE'), reject: of('REJECT') };
        }),
        changes: computed(
          { kind, payload: json('payload') },
          (request, { viewer }) => handlerOf(request.kind).changes?.(request.payload, viewer) ?? [],
        ),
        levels: computed({ state, currentLevel, digest, levels, votes }, (request) => {
          const inReview = request.state === 'IN_REVIEW';
          const asked = inReview ? askedParts(request) : [];
          return request.levels.map((part) => ({
            ordinal: part.ordinal,
            part: part.part,
            phase: part.phase,
            role: part.role,
            line: part.line,
            quorum: part.quorum,
            everyOne: part.everyOne,
            signed: part.signed,
            slaHours: part.slaHours,
            approvals: approvalsAt(request, part.ordinal, part.part),
            current: inReview && part.ordinal === request.currentLevel,
            asked: asked.includes(part),
          }));
        }),
        votes: many(
          'Vote',
          (request, vote) => `${vote}.request_id = ${request}.id`,
          (vote) => `${vote}.cast_at, ${vote}.id`,
        ),
        evidence: many(
          'RequestEvidence',
          (request, evidence) => `${evidence}.request_id = ${request}.id`,
          (evidence) => `${evidence}.added_at, ${evidence}.id`,
        ),
        timeline: many(
          'ChangeRequestStep',
          (request, step) => `${step}.request_id = ${request}.id`,
          (step) => `${step}.taken_at, ${step}.id`,
        ),
        stillAsked: many(
          'User',
          (request, person) => stillAsked(request, person),
          (person) => `${person}.display_name, ${person}.id`,
        ),
        maker: one('User', byActorId('maker_id')),
        policyVersion: one('PolicyVersion', (request, version) => `${version}.id = ${request}.policy_version_id`),
        viewerActions: prepared(
          {
            id: text('id'),
            number,
            kind,
            state,
            round,
            currentLevel,
            digest,
            levels,
            votes,
            handovers,
            makerId: text('maker_id'),
            editorIds: json<readonly string[]>((t) => `to_json(${t}.editor_ids)`),
            interestedIds: json<readonly string[]>((t) => `to_json(${t}.interested_ids)`),
            decideBy: moment('decide_by', { as: (iso) => new Date(iso) }),
          },
          (env) => voterNow(database, env),
          (request, { viewer, now }, voter) =>
            viewerActions(
              request,
              voter,
              {
                decide: permit(viewer, 'request.decide'),
                withdraw: permit(viewer, 'request.withdraw'),
                comment: permit(viewer, 'request.comment'),
                breakGlass: permit(viewer, 'request.breakGlass'),
              },
              now,
            ),
        ),
      },
    },
  ],
});

/** The viewer as a voter: those for whom he may act now, and his line. */
const voterNow = async ({ query }: Pick<Database, 'query'>, { viewer, now }: ReadEnv): Promise<Voter> => {
  const nobody: Line = 'IT';
  const own = { userId: viewer.id, active: true, roles: viewer.roles, line: nobody, mandates: [] };
  if (viewer.kind !== 'USER') return own;
  const mandates = await mandatesAt(query, [viewer.id], now);
  const standings = await standingsNow(query, [viewer.id, ...mandates.map(({ fromId }) => fromId)]);
  const standing = new Map(standings.map((one) => [one.userId, one]));
  return voterOf({
    ...own,
    line: standing.get(viewer.id)?.line ?? nobody,
    mandates: mandates.flatMap(({ fromId, kinds }) => {
      const principal = standing.get(fromId);
      return principal === undefined ? [] : [{ principal, kinds }];
    }),
  });
};
