/** How policy versions are read for screens. */
import { permit } from '../identity';
import { identity, int, json, moment, text, type RoomReads } from '../platform/read-model';

export const policyReads: RoomReads = {
  models: [
    {
      name: 'PolicyVersion',
      table: (t) => `policy_version AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'policy.read').ok,
      fields: {
        id: identity,
        kind: text('kind'),
        number: int('number'),
        digest: text('digest'),
        effectiveFrom: moment('effective_from'),
        content: json('content'),
        testCases: json('test_cases'),
      },
    },
  ],
};
