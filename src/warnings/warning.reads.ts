/** How warnings, their events, entries and tasks are read for screens. */
import type { Actor } from '../kernel/actor';
import { byCustomerId } from '../customers';
import { byActorId, permit } from '../identity';
import { computed, identity, int, many, moment, numeric, one, text, type RoomReads } from '../platform/read-model';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'warning.read').ok;

const ofWarning = (warning: string, row: string): string => `${row}.warning_id = ${warning}.id`;

export const warningReads: RoomReads = {
  models: [
    {
      name: 'Warning',
      table: (t) => `warning AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        kind: text('kind'),
        severity: text('severity'),
        state: text('state'),
        ownerRole: text('owner_role'),
        deadline: moment('deadline'),
        overdue: computed(
          { deadline: moment('deadline'), closedAt: moment('closed_at') },
          ({ deadline, closedAt }, { now }) =>
            deadline !== null && new Date(deadline) <= (closedAt === null ? now : new Date(closedAt)),
        ),
        raisedAt: moment('raised_at'),
        acknowledgedAt: moment('acknowledged_at'),
        closedAt: moment('closed_at'),
        outcome: text('outcome'),
        outcomeNote: text('outcome_note'),
        updatedAt: moment('updated_at'),
        version: int('version'),
        customer: one('Customer', byCustomerId),
        owner: one('User', (warning, user) => `${user}.id = ${warning}.owner_id`),
        events: many('RiskEvent', ofWarning, (event) => `${event}.recorded_at, ${event}.id`),
        entries: many('WarningEntry', ofWarning, (entry) => `${entry}.made_at, ${entry}.id`),
        tasks: many('WarningTask', ofWarning, (task) => `${task}.due_at, ${task}.id`),
      },
    },
    {
      name: 'RiskEvent',
      table: (t) => `risk_event AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        kind: text('kind'),
        occurredAt: moment('occurred_at'),
        recordedAt: moment('recorded_at'),
        source: text('source'),
        reference: text('reference'),
        detail: text('detail'),
        value: numeric('value'),
        rerating: one('Rerating', (event, rerating) => `${rerating}.id = ${event}.rerating_id`),
      },
    },
    {
      name: 'WarningEntry',
      table: (t) => `warning_entry AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        action: text('action'),
        severity: text('severity'),
        state: text('state'),
        note: text('note'),
        madeAt: moment('made_at'),
        madeBy: one('User', byActorId('made_by')),
      },
    },
    {
      name: 'WarningTask',
      table: (t) => `warning_task AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        kind: text('kind'),
        state: text('state'),
        dueAt: moment('due_at'),
        doneAt: moment('done_at'),
        note: text('note'),
        doneBy: one('User', byActorId('done_by')),
      },
    },
  ],
  links: {
    Customer: {
      openWarnings: many(
        'Warning',
        (customer, warning) => `${warning}.customer_id = ${customer}.id AND ${warning}.state <> 'CLOSED'`,
        (warning) => `${warning}.raised_at DESC, ${warning}.id DESC`,
      ),
    },
  },
};
