/**
 * The short way into GraphQL: a plain POST of JSON is answered without the chain of handlers that the site is made of. What
 * comes for the first time, and every mutation, goes to Apollo Server; a query that Apollo Server has answered before is
 * run at once. Whatever is odd about a request takes the long way, which says what is wrong.
 */
import { randomUUID } from 'node:crypto';
import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { Socket } from 'node:net';
import { HeaderMap, type ApolloServer } from '@apollo/server';
import type { GraphQLError } from 'graphql';
import helmet from 'helmet';
import type { App } from '../src/app';
import type { Actor } from '../src/kernel/actor';
import { isUsableBody } from './clean-input';
import { GraphContext, leavingBy } from './context';
import type { KnownQuery, OperationRunner, SingleOutcome } from './operation-runner';
import { givenOrNewId } from './request-id';

export interface ShortWayDeps {
  readonly app: App;
  readonly apollo: ApolloServer<GraphContext>;
  readonly runner: Pick<OperationRunner, 'known'>;
  /** The long way. It leaves a body alone that is read already. */
  readonly site: RequestListener;
  readonly path: string;
  readonly maxBodyBytes: number;
  /** Throws the fault of a credential that does not hold; null without one. */
  readonly signIn: (credential: string | undefined, requestId: string) => Promise<Actor | null>;
}

const PLAIN_JSON = /^application\/json(?: *; *charset=utf-?8)?$/i;
/** What Apollo Server looks at: the form of the answer, and whether a browser may have sent it from elsewhere. */
const HEADERS = ['accept', 'content-type', 'apollo-require-preflight', 'x-apollo-operation-name'] as const;

export const createShortWay = (deps: ShortWayDeps): RequestListener => {
  const { app, path, maxBodyBytes, site } = deps;
  // Every request is told of: that is what the handlers of the site are for.
  if (app.config.tracing !== null || app.logger.isLevelEnabled('debug')) return site;
  const protection = protectiveHeaders();
  const queries = rememberQueries(deps.runner);

  const isPlain = ({ method, url, headers }: IncomingMessage): boolean =>
    method === 'POST' &&
    url === path &&
    PLAIN_JSON.test(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined &&
    Number(headers['content-length'] ?? Infinity) <= maxBodyBytes;

  const answer = async (request: IncomingMessage, response: ServerResponse, body: object): Promise<void> => {
    const requestId = givenOrNewId(request.headers['x-request-id'], randomUUID);
    const common = { ...protection, 'x-request-id': requestId };
    const { query } = body as { readonly query?: unknown };
    const known =
      typeof query === 'string' && TAKES_JSON.test(request.headers.accept ?? '*/*') ? queries.get(query) : null;
    const variables = known === null ? null : variablesFor(known, body);
    if (known !== null && variables !== null) {
      const actor = await deps.signIn(request.headers.authorization, requestId).catch(() => undefined);
      if (actor !== undefined) {
        const address = request.socket.remoteAddress ?? '';
        const context = new GraphContext(app, actor, requestId, address, leavingBy(response));
        const outcome = await known.run(variables, context);
        const { status, headers } = headOf(outcome);
        if (status >= 500 && !response.destroyed) app.logger.error({ requestId, statusCode: status }, 'request failed');
        const text = `${JSON.stringify(outcome.result)}\n`;
        send(response, status, { ...common, 'content-type': JSON_TYPE, ...headers }, text);
        return;
      }
      // Apollo Server says what is wrong with the credential.
    }
    const status = await answerByApollo(deps, request, response, body, requestId, common);
    if (status === 200 && typeof query === 'string') queries.answered(query);
  };

  return (request, response) => {
    if (!isPlain(request)) {
      site(request, response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = parsed(chunks);
      if (!isUsableBody(body)) {
        site(Object.assign(request, { body }), response);
        return;
      }
      answer(request, response, body as object).catch((error: unknown) => {
        app.logger.error({ err: error }, 'a request failed unforeseen');
        response.destroy();
      });
    });
  };
};

/** Yields the status of the answer. */
const answerByApollo = async (
  { app, apollo, signIn }: ShortWayDeps,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  requestId: string,
  common: OutgoingHttpHeaders,
): Promise<number> => {
  const headers = new HeaderMap();
  for (const name of HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const answered = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers, search: '', body },
    context: async () =>
      new GraphContext(
        app,
        await signIn(request.headers.authorization, requestId),
        requestId,
        request.socket.remoteAddress ?? '',
        leavingBy(response),
      ),
  });
  const status = answered.status ?? 200;
  if (status >= 500 && !response.destroyed) app.logger.error({ requestId, statusCode: status }, 'request failed');
  const outgoing = { ...common, ...Object.fromEntries(answered.headers) };
  const { body: text } = answered;
  if (text.kind === 'complete') {
    send(response, status, outgoing, text.string);
    return status;
  }
  response.writeHead(status, outgoing);
  for await (const chunk of text.asyncIterator) response.write(chunk);
  response.end();
  return status;
};

const send = (response: ServerResponse, status: number, headers: OutgoingHttpHeaders, text: string): void => {
  // Encoded once: what measures a text encodes it, and the socket would again.
  const body = Buffer.from(text);
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
};

/* Queries that come again */

/** Forms of the header Accept under which an answer is plain JSON. */
const TAKES_JSON = /^(\*\/\*|application\/json)$/;
const JSON_TYPE = 'application/json; charset=utf-8';
const MAX_REMEMBERED = 500;
/** Longer ones are not worth their place. */
const MAX_TEXT_LENGTH = 16 * 1024;

const rememberQueries = (runner: Pick<OperationRunner, 'known'>) => {
  const remembered = new Map<string, KnownQuery | null>();
  return {
    /** Null for a text that was not answered before, or holds anything but one query. */
    get: (text: string): KnownQuery | null => remembered.get(text) ?? null,
    answered: (text: string): void => {
      if (text.length > MAX_TEXT_LENGTH || remembered.has(text)) return;
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(text, runner.known(text));
    },
  };
};

/** Null where the body says more or other things than a query and its variables. */
const variablesFor = (known: KnownQuery, body: object): Readonly<Record<string, unknown>> | null => {
  const { query: _, operationName = null, variables = null, ...further } = body as Record<string, unknown>;
  if (operationName !== null && operationName !== known.name) return null;
  for (const _further in further) return null;
  if (variables === null) return {};
  return typeof variables === 'object' && !Array.isArray(variables) ? (variables as Record<string, unknown>) : null;
};

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}
const OK: Head = { status: 200, headers: {} };

/** Status and headers that errors ask for; without any, what never began answers 400 for variables that do not fit. */
const headOf = ({ kind, thrown }: SingleOutcome): Head => {
  if (thrown.length === 0) return OK;
  const asked = thrown.map(
    ({ extensions }) => (extensions as { readonly http?: GraphQLError['extensions'] }).http ?? {},
  );
  const status = asked.map((http) => http['status'] as number | undefined).findLast((given) => given !== undefined);
  const headers = asked.flatMap((http) => [...((http['headers'] as Map<string, string> | undefined) ?? [])]);
  return {
    status: status ?? (kind === 'single' ? 200 : thrown.every(isUnfit) ? 400 : 500),
    headers: Object.fromEntries(headers),
  };
};

const isUnfit = ({ extensions }: GraphQLError): boolean => extensions['code'] === 'BAD_USER_INPUT';

/** What helmet adds to every answer: always the same, so it is asked once. */
const protectiveHeaders = (): OutgoingHttpHeaders => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet()(request, response, () => undefined);
  return { ...response.getHeaders() };
};

/** Undefined for what is no JSON. */
const parsed = (chunks: readonly Buffer[]): unknown => {
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
};
