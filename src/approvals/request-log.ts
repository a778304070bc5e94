/** What the audit log says of a request: one event per verb, with the state before and after, so that it can be replayed. */
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import type { Tx } from '../platform/unit-of-work';
import type { ChangeRequest } from './domain/change-request';
import type { RequestAction } from './domain/replay-events';

export const recordMove = (
  tx: Tx,
  before: ChangeRequest,
  after: ChangeRequest,
  action: RequestAction,
  { reason = null, onBehalfOf = null, data = {} }: LoggedBesides = {},
): string =>
  tx.record({
    action,
    object: { type: 'ChangeRequest', id: before.id },
    ...customerOf(before),
    before: { state: before.state, version: before.version },
    after: { state: after.state, version: after.version },
    ...(reason === null ? {} : { reason }),
    ...(onBehalfOf === null ? {} : { onBehalfOf }),
    data: { number: before.number, subject: before.subject, ...data },
  });

interface LoggedBesides {
  readonly reason?: string | null;
  readonly onBehalfOf?: string | null;
  readonly data?: { readonly [key: string]: Json | undefined };
}

export const customerOf = ({ subject }: Pick<ChangeRequest, 'subject'>): { customerId?: string } =>
  subject.type === 'Customer' ? { customerId: subject.id } : {};

export const presentText = (text: string | null): string | null =>
  text === null || text.trim() === '' ? null : text.trim();

export const notFound = () => refuse('NOT_FOUND', 'no such request', { field: ['requestId'] });
