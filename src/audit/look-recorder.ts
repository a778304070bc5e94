/**
 * Puts on record who looked at what is sensitive, and who was refused what he has no right to. Looks are gathered for a second
 * and written as one event for each person, so that reads stay as quick as they are: a process that is killed loses what
 * the last second gathered, one that ends in order nothing.
 */
import type { Actor } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { apart } from '../platform/patience';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';

export interface Look {
  /** Customer whom it concerns; null for what concerns none in particular. */
  readonly customerId: string | null;
  /** What was looked at, such as the code of an indicator. */
  readonly field: string;
}

export interface Refused {
  /** What was asked for, such as the name of a mutation. */
  readonly what: string;
  readonly code: string;
}

export interface LookRecorder {
  /** Takes note; what comes of it is written within a second. */
  looked(actor: Actor, requestId: string, look: Look): void;
  refused(actor: Actor, requestId: string, refused: Refused): void;
  /** Writes what there is. Looks that cannot be written stay, and are tried again. */
  flush(): Promise<void>;
  /** The last flush; notes afterwards are a bug. */
  close(): Promise<void>;
}

export interface LookRecorderDeps {
  readonly unitOfWork: UnitOfWork;
  readonly onFailure: (error: unknown, kept: number) => void;
}

interface Gathered {
  readonly actor: Actor;
  /** By request, then by field: the customers. */
  readonly requests: Map<string, Map<string, Set<string>>>;
  readonly refusals: { readonly requestId: string; readonly what: string; readonly code: string }[];
  count: number;
}

const EVERY_MS = 1_000;
/** Of one person in one event: some hundred kilobytes. */
const MOST_LOOKS = 2_000;
/** Kept while the database does not take them. */
const MOST_KEPT = 50_000;

export const createLookRecorder = ({ unitOfWork, onFailure }: LookRecorderDeps): LookRecorder => {
  let gathered = new Map<string, Gathered>();
  let kept = 0;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const of = (actor: Actor): Gathered => {
    const known = gathered.get(actor.id);
    if (known !== undefined) return known;
    const fresh: Gathered = { actor, requests: new Map(), refusals: [], count: 0 };
    gathered.set(actor.id, fresh);
    return fresh;
  };

  const noted = (person: Gathered): void => {
    person.count += 1;
    kept += 1;
    if (person.count >= MOST_LOOKS) void flush();
    else timer ??= setTimeout(() => void flush(), EVERY_MS).unref();
  };

  const writeAll = async (): Promise<void> => {
    const batch = [...gathered.values()];
    gathered = new Map();
    kept = 0;
    for (const person of batch) {
      try {
        const requestId = person.requests.keys().next().value ?? person.refusals[0]?.requestId ?? 'looks';
        await unitOfWork.run({ actor: person.actor, requestId }, (tx) => record(tx, person));
      } catch (error) {
        giveBack(person);
        onFailure(error, kept);
      }
    }
  };

  /** Beyond a bound the oldest are lost, which the caller is told. */
  const giveBack = (person: Gathered): void => {
    if (kept + person.count > MOST_KEPT) return;
    const present = of(person.actor);
    for (const [requestId, fields] of person.requests) {
      if (!present.requests.has(requestId)) present.requests.set(requestId, fields);
    }
    present.refusals.unshift(...person.refusals);
    present.count += person.count;
    kept += person.count;
    timer ??= setTimeout(() => void flush(), EVERY_MS).unref();
  };

  function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing = apart(() => writing.then(writeAll));
    return writing;
  }

  return {
    looked: (actor, requestId, { customerId, field }) => {
      const person = of(actor);
      const fields = person.requests.get(requestId) ?? new Map<string, Set<string>>();
      person.requests.set(requestId, fields);
      const customers = fields.get(field) ?? new Set<string>();
      fields.set(field, customers);
      const before = customers.size;
      customers.add(customerId ?? '');
      if (customers.size > before) noted(person);
    },
    refused: (actor, requestId, { what, code }) => {
      const person = of(actor);
      person.refusals.push({ requestId, what, code });
      noted(person);
    },
    flush,
    close: async () => {
      await flush();
    },
  };
};

/** Actions of the two kinds of event. */
const LOOKED = 'sensitive.read';
export const REFUSED = 'access.refused';

const record = async (tx: Tx, { actor, requests, refusals }: Gathered): Promise<Result<true>> => {
  const object = { type: 'User', id: actor.id };
  if (requests.size > 0) {
    const customers = new Set<string>();
    const looks = [...requests].map(([request, fields]) => ({
      request,
      fields: [...fields].map(([field, ids]) => {
        for (const id of ids) if (id !== '') customers.add(id);
        return { field, customers: [...ids].filter((id) => id !== '').sort() };
      }),
    }));
    const eventId = tx.record({ action: LOOKED, object, data: { looks } });
    if (customers.size > 0) {
      await tx.query(
        `INSERT INTO audit_look (customer_id, event_id, looked_at) SELECT id, $2::uuid, $3::timestamptz FROM unnest($1::uuid[]) AS c (id)`,
        [[...customers], eventId, tx.at],
      );
    }
  }
  if (refusals.length > 0) {
    tx.record({
      action: REFUSED,
      object,
      data: { refusals: refusals.map(({ requestId, ...what }) => ({ request: requestId, ...what })) },
    });
  }
  return ok(true);
};
