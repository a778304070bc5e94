/** Jobs of the tiers room: stages of whom something arrived, a computation of everybody's value, and the tiers that follow a run. */
import { z } from 'zod';
import { asSystem, type App } from '../src/app';
import { LIFE_CYCLE_JOB } from '../src/policies';
import { FOLLOW_UP_JOB, VALUE_JOB } from '../src/tiers';
import type { JobHandlers } from './job-runner';

const computation = z.strictObject({ computationId: z.uuid() });
const lifeCycle = z.strictObject({ customerIds: z.array(z.uuid()) });
const followUp = z.strictObject({ runId: z.uuid() });

export const TIER_HANDLERS: JobHandlers<App> = {
  [LIFE_CYCLE_JOB]: {
    queue: 'command',
    run: (app, payload, { requestId }) =>
      app.tiers.followLifeCycles(asSystem('rating-worker', requestId), lifeCycle.parse(payload).customerIds),
  },
  [VALUE_JOB]: {
    queue: 'rating',
    run: (app, payload, { requestId }) =>
      app.tiers.runComputation(asSystem('rating-worker', requestId), computation.parse(payload)),
  },
  [FOLLOW_UP_JOB]: {
    queue: 'rating',
    run: (app, payload, { requestId }) =>
      app.tiers.runFollowUp(asSystem('rating-worker', requestId), followUp.parse(payload)),
  },
};
