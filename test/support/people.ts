/** The sample people in a test database, by the handle they sign in with. */
import { createIdentity, type SAMPLE_USERS } from '../../src/identity';
import { actorOf } from '../../src/identity/domain/user';
import { systemActor, type Initiator } from '../../src/kernel/actor';
import type { TestDatabase } from './database';

export type Handle = (typeof SAMPLE_USERS)[number]['subject'];
export type People = Readonly<Record<Handle, Initiator>>;

export const asSystemActor = (): Initiator => ({ actor: systemActor('bootstrap'), requestId: 'test' });

export const hirePeople = async (test: TestDatabase): Promise<People> => {
  const identity = createIdentity({ database: test.database, unitOfWork: test.unitOfWork, clock: test.clock });
  const hired = await identity.commands.ensureSampleUsers(asSystemActor());
  if (!hired.ok) throw new Error(hired.refusal.message);
  const handles: Handle[] = [
    'maker',
    'analyst',
    'approver',
    'approver2',
    'finance',
    'cro',
    'validator',
    'auditor',
    'policy',
    'system',
    'security',
  ];
  const entries = await Promise.all(
    handles.map(async (handle): Promise<[Handle, Initiator]> => {
      const user = await identity.queries.bySubject(handle);
      if (user === null) throw new Error(`no sample user ${handle}`);
      return [handle, { actor: actorOf(user), requestId: `test-${handle}` }];
    }),
  );
  return Object.fromEntries(entries) as Record<Handle, Initiator>;
};
