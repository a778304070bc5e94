/**
 * A whole API process on a database of its own: the real application, the real HTTP server, real tokens. Tests speak to it
 * as people do, in GraphQL over HTTP.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApi } from '../../graphql/server';
import { bootstrap, createApp, type App } from '../../src/app';
import { readConfig, type Config } from '../../src/config';
import { cloneDatabase, type TestDatabase } from './database';
import { asSystemActor, type Handle } from './people';
import { ensureSampleTemplate } from './sample';

/** A part of an answer. Tests read answers as a browser would: without types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any;

export interface Answer {
  readonly status: number;
  readonly data: Loose;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly string[];
    readonly extensions: Record<string, unknown>;
  }[];
  readonly extensions: Loose;
}

export interface TestApi {
  readonly app: App;
  readonly test: TestDatabase;
  readonly url: string;
  readonly token: (handle: Handle) => Promise<string>;
  /** Sends a document, or a published operation by its file name, as one of the sample people; null sends no token. */
  readonly ask: (who: Handle | null, document: string, variables?: Record<string, unknown>) => Promise<Answer>;
}

const OPERATIONS = join(__dirname, '../../graphql/operations');

export const publishedOperations = async (): Promise<Map<string, string>> => {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith('.graphql')).sort();
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, string]> => [
        file.replace('.graphql', ''),
        await readFile(join(OPERATIONS, file), 'utf8'),
      ]),
    ),
  );
};

/** Those are not for plain HTTP. */
export const isSubscription = (document: string): boolean => /^subscription\b/m.test(document);

/**
 * On an empty but bootstrapped installation, or on one with the rated sample portfolio. Starts the API before all tests of the
 * file and stops it after them. Settings take the place of those of an empty environment.
 */
export const useApi = (on: 'empty' | 'sample' = 'sample', settings: Partial<Config> = {}): TestApi => {
  const holder: { value?: TestApi; close?: () => Promise<void> } = {};
  beforeAll(async () => {
    const started = await startTestApi(on, settings);
    holder.value = started.api;
    holder.close = started.close;
  }, 240_000);
  afterAll(async () => holder.close?.());
  return new Proxy({} as TestApi, {
    get: (_, property) => {
      if (holder.value === undefined) throw new Error('the API is there from beforeAll on');
      return holder.value[property as keyof TestApi];
    },
  });
};

const startTestApi = async (
  on: 'empty' | 'sample',
  settings: Partial<Config>,
): Promise<{ api: TestApi; close: () => Promise<void> }> => {
  const cloned = await cloneDatabase(on === 'sample' ? await ensureSampleTemplate() : undefined);
  const home = await mkdtemp(join(tmpdir(), 'tierwarden-api-'));
  const config = { ...readConfig({ TIERWARDEN_HOME: home }), databasePoolSize: 10, ...settings };
  const app = await createApp({
    config,
    databaseUrl: cloned.database.appUrl,
    logger: pino({ level: 'silent' }),
    clock: cloned.database.clock,
    timeouts: config,
    process: 'api',
  });
  try {
    await bootstrap(app);
    await app.identity.commands.ensureSampleUsers(asSystemActor());
  } catch (error) {
    await app.close();
    await cloned.close();
    throw error;
  }
  const server = await startApi(app, { port: 0, host: '127.0.0.1' });
  const operations = await publishedOperations();
  const tokens = new Map<Handle, Promise<string>>();
  const token = (handle: Handle): Promise<string> => {
    const known = tokens.get(handle);
    if (known !== undefined) return known;
    const issued = app.tokens?.issue?.(handle, 60 * 24 * 365);
    if (issued === undefined) throw new Error('no local issuer');
    tokens.set(handle, issued);
    return issued;
  };
  return {
    api: {
      app,
      test: cloned.database,
      url: server.url,
      token,
      ask: async (who, document, variables) => {
        const response = await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(who === null ? {} : { authorization: `Bearer ${await token(who)}` }),
          },
          body: JSON.stringify({ query: operations.get(document) ?? document, variables }),
        });
        const body = (await response.json()) as Partial<Answer>;
        return {
          status: response.status,
          data: body.data ?? null,
          errors: body.errors ?? [],
          extensions: body.extensions ?? {},
        };
      },
    },
    close: async () => {
      await server.close();
      await app.close();
      await cloned.close();
      await rm(home, { recursive: true, force: true });
    },
  };
};
