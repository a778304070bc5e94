/** Jobs of the ratings room: one chunk of a run over the portfolio, and the end of a run. */
import { z } from 'zod';
import { asSystem, type App } from '../src/app';
import { CHUNK_JOB, FINISH_JOB } from '../src/ratings';
import type { JobHandlers } from './job-runner';

const chunk = z.strictObject({ runId: z.uuid(), ordinal: z.number().int().positive() });

const run = z.strictObject({ runId: z.uuid() });

export const RATING_HANDLERS: JobHandlers<App> = {
  [CHUNK_JOB]: {
    queue: 'rating',
    run: (app, payload, { requestId }) =>
      app.ratings.runChunk(asSystem('rating-worker', requestId), chunk.parse(payload)),
  },
  [FINISH_JOB]: {
    queue: 'rating',
    run: (app, payload, { requestId }) =>
      app.ratings.finishRun(asSystem('rating-worker', requestId), run.parse(payload)),
  },
};
