/** How parties are read for screens. */
import type { Actor } from '../kernel/actor';
import { permit } from '../identity';
import { bool, day, identity, int, many, moment, numeric, one, text, type RoomReads } from '../platform/read-model';
import { RELATION_ENDS } from './customer.rows';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'customer.read').ok;

/** Ties a customer to a subject of requests and the like, which may be something else. */
const bySubject = (parent: string, customer: string): string =>
  `${customer}.id = CASE WHEN ${parent}.subject_type = 'Customer' THEN ${parent}.subject_id::uuid END`;

export const byCustomerId = (parent: string, customer: string): string => `${customer}.id = ${parent}.customer_id`;

export const customerReads: RoomReads = {
  models: [
    {
      name: 'Industry',
      table: (t) => `industry AS ${t}`,
      key: 'code',
      mayRead,
      fields: { code: text('code'), nameZh: text('name_zh'), nameEn: text('name_en') },
    },
    {
      name: 'Customer',
      table: (t) => `customer AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        number: text('number'),
        kind: text('kind'),
        name: text('display_name'),
        nameZh: text('name_zh'),
        nameEn: text('name_en'),
        shortName: text('short_name'),
        creditCode: text('credit_code'),
        lei: text('lei'),
        region: text('region'),
        size: text('size'),
        stage: text('stage'),
        createdAt: moment('created_at'),
        updatedAt: moment('updated_at'),
        version: int('version'),
        industry: one('Industry', (customer, industry) => `${industry}.code = ${customer}.industry_code`),
        orgUnit: one('OrgUnit', (customer, unit) => `${unit}.id = ${customer}.org_unit_id`),
        person: one('Person', (customer, person) => `${person}.customer_id = ${customer}.id`),
        owner: one('User', (customer, user) => `${user}.id = ${customer}.owner_user_id`),
        relations: many(
          'CustomerRelation',
          (customer, relation) => `${relation}.of_id = ${customer}.id AND ${relation}.ended_at IS NULL`,
          (relation) => `${relation}.created_at, ${relation}.id`,
        ),
        openRequests: many(
          'ChangeRequest',
          (customer, request) =>
            `${request}.state = 'IN_REVIEW' AND ${request}.subject_type = 'Customer' AND ${request}.subject_id = ${customer}.id::text`,
          (request) => `${request}.submitted_at, ${request}.id`,
        ),
      },
    },
    {
      name: 'Person',
      table: (t) => `person AS ${t}`,
      key: 'customer_id',
      mayRead,
      fields: {
        form: text('form'),
        state: text('state'),
        heldSince: moment('held_since'),
        retainUntil: day('retain_until'),
        version: int('version'),
      },
    },
    {
      name: 'CustomerRelation',
      table: RELATION_ENDS,
      key: 'id',
      canonical: (t) => `${t}.outgoing`,
      mayRead,
      fields: {
        id: identity,
        kind: text('kind'),
        createdAt: moment('created_at'),
        endedAt: moment('ended_at'),
        outgoing: bool('outgoing'),
        share: numeric('share'),
        other: one('Customer', (relation, customer) => `${customer}.id = ${relation}.other_id`),
      },
    },
  ],
  links: {
    ChangeRequest: { customer: one('Customer', bySubject) },
    AuditEvent: { customer: one('Customer', byCustomerId) },
  },
};
