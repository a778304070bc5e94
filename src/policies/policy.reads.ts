/** How policy versions are read for screens. */
import { permit } from '../identity';
import { identity, int, json, moment, text, type RoomReads } from '../platform/read-model';

export const policyReads: RoomReads = {
  models: [
    {
      name: 'PolicyVersion',
      table: (t) => `policy_version AS ${t}`,
      key: 'id',
      joins: {
        followed: (t) =>
          `LEFT JOIN policy_follow_through AS ${t}_followed ON ${t}_followed.policy_version_id = ${t}.id`,
      },
      mayRead: (viewer) => permit(viewer, 'policy.read').ok,
      fields: {
        id: identity,
        kind: text('kind'),
        number: int('number'),
        digest: text('digest'),
        effectiveFrom: moment('effective_from'),
        content: json('content'),
        testCases: json('test_cases'),
        followedThroughAt: moment((t) => `${t}_followed.finished_at`, { join: 'followed' }),
        customersMoved: int((t) => `${t}_followed.moved`, { join: 'followed' }),
      },
    },
  ],
};
