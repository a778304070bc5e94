/** Opens what is personal of a person, for those who have said in the log that they look. It never writes. */
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { decideProcessing } from './domain/decide-protection';
import type { PersonalData } from './domain/personal-data';
import { noPerson, readPerson } from './person.store';
import type { PersonalKeys } from './personal-keys';
import { openPerson, unwrapKey } from './personal-vault';

export const createPersonQueries = ({ query }: Pick<Database, 'query'>, keys: PersonalKeys) => ({
  /** Needs `personal.read`. Refuses NOT_FOUND.PERSON, INVALID_STATE.NO_KEY and what decideProcessing refuses. */
  personalData: async (actor: Actor, customerId: string): Promise<Result<PersonalData>> => {
    const permitted = permit(actor, 'personal.read');
    if (!permitted.ok) return permitted;
    const [person, ring] = await Promise.all([readPerson(query, customerId), keys.load()]);
    if (person === null) return noPerson();
    const allowed = decideProcessing(person, permit(actor, 'audit.read').ok);
    if (!allowed.ok) return allowed;
    const { key, sealed, commitment } = person;
    if (ring === null || key === null || sealed === null) {
      return refuse('INVALID_STATE', 'there is no key for personal data', { reason: 'NO_KEY' });
    }
    return ok(openPerson(unwrapKey(key, customerId, ring), customerId, { sealed, commitment }));
  },
});

export type PersonQueries = ReturnType<typeof createPersonQueries>;
