/** How overrides are read for screens. */
import { gradeView, type Grade } from '../kernel/grade';
import { permit } from '../identity';
import { identity, json, moment, one, text, type RoomReads } from '../platform/read-model';

const grade = (column: string) => text(column, { as: (held) => gradeView(held as Grade) });

export const overrideReads: RoomReads = {
  models: [
    {
      name: 'GradeOverride',
      table: (t) => `grade_override AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'rating.read').ok,
      fields: {
        id: identity,
        modelGrade: grade('model_grade'),
        fromGrade: grade('from_grade'),
        toGrade: grade('to_grade'),
        reasonCode: text('reason_code'),
        justification: text('justification'),
        evidence: json('evidence'),
        effectiveFrom: moment('effective_from'),
        validUntil: moment('valid_until'),
        endedAt: moment('ended_at'),
        endCause: text('end_cause'),
      },
    },
  ],
  links: {
    Customer: {
      override: one(
        'GradeOverride',
        (customer, override) => `${override}.customer_id = ${customer}.id AND ${override}.ended_at IS NULL`,
      ),
    },
  },
};
