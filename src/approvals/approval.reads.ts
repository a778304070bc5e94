/** How change requests are read for inboxes and screens. What is inside of one is told by the handler of its kind. */
import { byActorId, permit } from '../identity';
import { computed, identity, int, json, many, moment, one, text, type RoomReads } from '../platform/read-model';
import { requestNumber } from './change-request.rows';
import type { HandlerOf } from './approval.commands';
import { approvalsAt, type ChangeRequest, type RequestKind, type RequestState } from './domain/change-request';
import { viewerActions } from './domain/viewer-actions';

const number = text((t) => `${t}.serial::text`, { as: requestNumber });
const state = text<RequestState>('state');
const currentLevel = int('current_level');
const digest = text('digest');

const levels = json<ChangeRequest['levels']>(
  (t) => `(SELECT json_agg(json_build_object('ordinal', level.ordinal, 'role', level.role, 'quorum', level.quorum)
             ORDER BY level.ordinal)
           FROM change_request_level AS level WHERE level.request_id = ${t}.id)`,
);
const votes = json<ChangeRequest['votes']>(
  (t) => `(SELECT coalesce(json_agg(json_build_object('levelOrdinal', vote.level_ordinal, 'voterId', vote.voter_id,
             'verdict', vote.verdict, 'digest', vote.digest)), '[]')
           FROM change_request_vote AS vote WHERE vote.request_id = ${t}.id)`,
);

export const createApprovalReads = (handlerOf: HandlerOf): RoomReads => ({
  models: [
    {
      name: 'Vote',
      table: (t) => `change_request_vote AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'request.read').ok,
      fields: {
        levelOrdinal: int('level_ordinal'),
        verdict: text('verdict'),
        comment: text('comment'),
        digest: text('digest'),
        castAt: moment('cast_at'),
        voter: one('User', (vote, user) => `${user}.id = ${vote}.voter_id`),
      },
    },
    {
      name: 'ChangeRequest',
      table: (t) => `change_request AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'request.read').ok,
      fields: {
        id: identity,
        number,
        kind: text('kind'),
        state,
        digest,
        routingRow: text('routing_row'),
        submittedAt: moment('submitted_at'),
        decideBy: moment('decide_by'),
        closedAt: moment('closed_at'),
        updatedAt: moment('updated_at'),
        version: int('version'),
        proposal: computed({ kind: text<RequestKind>('kind'), payload: json('payload') }, ({ kind, payload }) =>
          handlerOf(kind).show(payload),
        ),
        levels: computed({ state, currentLevel, digest, levels, votes }, (request) =>
          request.levels.map((level) => ({
            ...level,
            approvals: approvalsAt(request, level.ordinal),
            current: request.state === 'IN_REVIEW' && level.ordinal === request.currentLevel,
          })),
        ),
        votes: many(
          'Vote',
          (request, vote) => `${vote}.request_id = ${request}.id`,
          (vote) => `${vote}.cast_at, ${vote}.id`,
        ),
        maker: one('User', byActorId('maker_id')),
        policyVersion: one('PolicyVersion', (request, version) => `${version}.id = ${request}.policy_version_id`),
        viewerActions: computed(
          {
            id: text('id'),
            number,
            state,
            currentLevel,
            digest,
            levels,
            votes,
            makerId: text('maker_id'),
            decideBy: moment('decide_by', { as: (iso) => new Date(iso) }),
          },
          (request, { viewer, now }) =>
            viewerActions(
              request,
              { userId: viewer.id, active: true, roles: viewer.roles },
              { decide: permit(viewer, 'request.decide'), withdraw: permit(viewer, 'request.withdraw') },
              now,
            ),
        ),
      },
    },
  ],
});
