/** Workers that are killed at the worst moments: every job has its effect, and has it once. */
import { useDatabase } from '../support/database';
import { startChild, type Child } from './support/child-process';
import { HALTS, type ChildOptions } from './support/effect-child';
import { createEffectTables, effectCounts, enqueueEffects } from './support/effects';
import { QUEUE_STORES, removeKeys, uniquePrefix } from './support/queue-stores';
import { until } from './support/until';

const db = useDatabase();
const KEYS = Array.from({ length: 20 }, (_, n) => `key-${String(n).padStart(2, '0')}`);
const ONCE_EACH = Object.fromEntries(KEYS.map((key) => [key, 1]));

beforeAll(() => createEffectTables(db));
describe.each(QUEUE_STORES)('with the queue on $name', (store) => {
  const children: Child[] = [];
  let place: Pick<ChildOptions, 'databaseUrl' | 'redis' | 'prefix'>;

  const start = (haltAt: ChildOptions['haltAt']): Child => {
    const child = startChild('effect-child.ts', { ...place, haltAt });
    children.push(child);
    return child;
  };

  beforeAll(async () => {
    place = { databaseUrl: db.appUrl, redis: await store.start(), prefix: uniquePrefix() };
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await db.asOwner('TRUNCATE effect, effect_claim; DELETE FROM outbox');
  });
  afterAll(async () => {
    await removeKeys(place.redis, place.prefix);
    await store.stop();
  });

  it.each(HALTS)('killed %s', async (moment) => {
    await enqueueEffects(db, KEYS);
    // The row number is part of the job's id; a queue that outlives a test must not know it.
    db.clock.advance(1_000);
    const victim = start(moment);
    await victim.printed('halted');
    await victim.kill();
    expect(Object.keys(await effectCounts(db)).length).toBeLessThan(KEYS.length);

    start(null);
    await until('every effect', async () => Object.keys(await effectCounts(db)).length === KEYS.length);
    await until('an empty outbox', async () => (await db.asOwner('SELECT FROM outbox')).length === 0);
    expect(await effectCounts(db)).toEqual(ONCE_EACH);
  });
});
