/** How complaints are read for screens, with the rules that made each as severe as it is held to be. */
import { permit } from '../identity';
import { connection, day, int, json, moment, one, text, type RoomReads } from '../platform/read-model';
import { type OrderColumn } from '../platform/keyset';

const newestDayFirst = (t: string): OrderColumn[] => [
  { expression: `${t}.received_on`, type: 'date', direction: 'DESC' },
  { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
];

export const complaintReads: RoomReads = {
  models: [
    {
      name: 'Complaint',
      table: (t) => `complaint AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'complaint.read').ok,
      fields: {
        receivedOn: day('received_on'),
        text: text('text'),
        severity: int('severity'),
        matched: json('matched'),
        rulesVersion: int('rules_version'),
        recordedAt: moment('recorded_at'),
        recordedBy: one(
          'User',
          (complaint, user) =>
            `${user}.id = CASE WHEN ${complaint}.recorded_by NOT LIKE 'system:%' THEN ${complaint}.recorded_by::uuid END`,
        ),
      },
    },
  ],
  links: {
    Customer: {
      complaints: connection(
        'Complaint',
        (customer, complaint) => `${complaint}.customer_id = ${customer}.id`,
        newestDayFirst,
      ),
    },
  },
};
