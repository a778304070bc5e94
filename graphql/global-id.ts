/** Opaque ids of the API: type and key in one string, so that `node(id)` finds anything. */
import { fault } from './faults';

export const NODE_TYPES = [
  'AuditDiscrepancy',
  'AuditEvent',
  'ChangeRequest',
  'Customer',
  'CustomerRelation',
  'CutPointSet',
  'Delegation',
  'GradeOverride',
  'OrgUnit',
  'PolicyVersion',
  'Rating',
  'RatingRun',
  'ScorecardVersion',
  'TierTask',
  'User',
  'ValueComputation',
  'Warning',
  'WarningTask',
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Written over and over: an answer has hundreds of ids. */
const scratch = Buffer.alloc(128);

/** Keys are UUIDs. */
export const toGlobalId = (type: NodeType, key: string): string =>
  scratch.toString('base64url', 0, scratch.write(`${type}:${key}`, 'latin1'));

/** Type and key, or null for what is not one of our ids. */
export const parseGlobalId = (id: string): { type: NodeType; key: string } | null => {
  const [type = '', key = '', rest] = Buffer.from(id, 'base64url').toString('utf8').split(':');
  const known = NODE_TYPES.find((candidate) => candidate === type);
  return known === undefined || rest !== undefined || !UUID.test(key) ? null : { type: known, key };
};

/** Key of an id that must be of one type; a fault otherwise. */
export const keyOf = (type: NodeType, id: string): string => {
  const parsed = parseGlobalId(id);
  if (parsed?.type !== type) throw fault('BAD_USER_INPUT', `not the id of a ${type}`, { reason: 'INVALID_ID' });
  return parsed.key;
};

/** The same for an id that may be left out or null, which stays as it is. */
export const optionalKeyOf = (type: NodeType, id: string | null | undefined): string | null | undefined =>
  typeof id === 'string' ? keyOf(type, id) : id;
