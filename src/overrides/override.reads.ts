/** How overrides are read for screens. */
import { permit } from '../identity';
import { isMaskedFor } from '../indicators';
import { gradeColumn } from '../ratings';
import {
  computed,
  day,
  identity,
  json,
  many,
  moment,
  one,
  text,
  type ComputedField,
  type RoomReads,
} from '../platform/read-model';

const code = text('indicator');
/** Credit data are for risk staff, wherever they stand. */
const unlessMasked = (column: string): ComputedField =>
  computed({ code, value: text(column) }, (row, { viewer }) => (isMaskedFor(viewer, row.code) ? null : row.value));

export const overrideReads: RoomReads = {
  models: [
    {
      name: 'GradeOverride',
      table: (t) => `grade_override AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'rating.read').ok,
      fields: {
        id: identity,
        modelGrade: gradeColumn('model_grade'),
        fromGrade: gradeColumn('from_grade'),
        toGrade: gradeColumn('to_grade'),
        reasonCode: text('reason_code'),
        justification: text('justification'),
        evidence: json('evidence'),
        effectiveFrom: moment('effective_from'),
        validUntil: moment('valid_until'),
        endedAt: moment('ended_at'),
        endCause: text('end_cause'),
      },
    },
    {
      name: 'InputOverride',
      table: (t) => `input_override AS ${t}`,
      key: 'id',
      mayRead: (viewer) => permit(viewer, 'rating.read').ok,
      fields: {
        code: text('indicator'),
        asOf: day('as_of'),
        fromValue: unlessMasked('from_value'),
        toValue: unlessMasked('to_value'),
        masked: computed({ code }, (row, { viewer }) => isMaskedFor(viewer, row.code)),
        reasonCode: text('reason_code'),
        justification: text('justification'),
        evidence: json('evidence'),
        effectiveFrom: moment('effective_from'),
        validUntil: moment('valid_until'),
        endedAt: moment('ended_at'),
        endCause: text('end_cause'),
        request: one('ChangeRequest', (override, request) => `${request}.id = ${override}.request_id`),
      },
    },
  ],
  links: {
    Rating: {
      overriddenInputs: many(
        'InputOverride',
        (
          rating,
          override,
        ) => `${override}.customer_id = ${rating}.customer_id AND ${override}.effective_from <= ${rating}.rated_at
          AND (${override}.ended_at IS NULL OR ${override}.ended_at > ${rating}.rated_at)`,
        (override) => `${override}.indicator, ${override}.id`,
      ),
    },
    Customer: {
      override: one(
        'GradeOverride',
        (customer, override) => `${override}.customer_id = ${customer}.id AND ${override}.ended_at IS NULL`,
      ),
    },
  },
};
