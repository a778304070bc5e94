/** A process that reserves one unit of a limit after the other, until there is none left or it is killed. */
import { pino } from 'pino';
import { asSystem, createApp } from '../../../src/app';
import { readConfig } from '../../../src/config';

export interface ReserveChildOptions {
  readonly databaseUrl: string;
  readonly customerId: string;
  /** Begins the references. */
  readonly name: string;
}

const run = async ({ databaseUrl, customerId, name }: ReserveChildOptions): Promise<void> => {
  const app = await createApp({
    config: { ...readConfig({}), databasePoolSize: 4, auth: { kind: 'none' } },
    databaseUrl,
    logger: pino({ level: 'silent' }),
  });
  const by = asSystem('worker', name);
  let [count, isFull] = [0, false];
  const work = async (): Promise<void> => {
    while (!isFull) {
      const reference = `${name}-${(count += 1)}`;
      const amount = { amount: '1.00', currency: 'CNY' };
      const result = await app.limits.reserve(by, { customerId, product: null, amount, reference, holdMinutes: 60 });
      if (!result.ok && result.refusal.code !== 'LIMIT_EXCEEDED') throw new Error(result.refusal.message);
      isFull ||= !result.ok;
      if (count === 20) process.stdout.write('working\n');
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  process.stdout.write('full\n');
  await app.close();
};

void run(JSON.parse(process.argv[2] ?? '') as ReserveChildOptions);
