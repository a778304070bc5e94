/**
 * The reference of the API at /docs: a page made from the schema beforehand, the schema itself, and the published operations.
 * It is the same for everybody and holds nothing of the installation, so it asks for no sign-in; and it loads nothing from
 * elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Router, type Request, type Response } from 'express';
import { projectFolder } from '../src/config';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  readonly type: string;
  readonly body: Buffer;
  /** Made when somebody first asks for it. */
  zipped?: Buffer;
}

/** To be mounted at /docs. */
export const createDocsSite = (): Router => {
  const pages = readPages();
  // Relative addresses in the page need the slash at its end.
  const site = Router({ strict: true });
  site.use((_, response, next) => {
    response.setHeader('content-security-policy', POLICY);
    next();
  });
  site.get('/', (request, response, next) => {
    if (request.originalUrl.split('?', 1)[0]?.endsWith('/')) next();
    else response.redirect(308, `${request.baseUrl}/`);
  });
  site.use((request, response) => {
    const page = request.method === 'GET' || request.method === 'HEAD' ? pages.get(request.path) : undefined;
    if (page === undefined) response.status(404).type('html').send(notFound(request.baseUrl));
    else send(page, request, response);
  });
  return site;
};

/** Asked for anew each time, and answered by 304 as long as it is the same. */
const send = (page: Page, request: Request, response: Response): void => {
  response.setHeader('cache-control', 'public, no-cache');
  response.vary('accept-encoding');
  response.type(page.type);
  if (request.acceptsEncodings('gzip') === false) {
    response.send(page.body);
    return;
  }
  response.setHeader('content-encoding', 'gzip');
  response.send((page.zipped ??= gzipSync(page.body)));
};

const readPages = (): ReadonlyMap<string, Page> => {
  const folder = join(projectFolder(), 'graphql');
  const file = (path: string): Buffer => readFileSync(join(folder, path));
  const operations = readdirSync(join(folder, 'operations'))
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => file(`operations/${name}`).toString('utf8'));
  return new Map([
    ['/', { type: 'html', body: file('reference/index.html') }],
    ['/javascripts/spectaql.min.js', { type: 'js', body: file('reference/javascripts/spectaql.min.js') }],
    ['/stylesheets/spectaql.min.css', { type: 'css', body: file('reference/stylesheets/spectaql.min.css') }],
    ['/messages.zh-CN.json', { type: 'json', body: file('messages.zh-CN.json') }],
    ['/schema.graphql', { type: 'text/plain', body: file('schema.graphql') }],
    ['/operations.graphql', { type: 'text/plain', body: Buffer.from(operations.join('\n')) }],
  ]);
};

const notFound = (home: string): string => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>Not here</title></head>
  <body><h1>Not here</h1><p>The reference begins at <a href="${home}/">${home}/</a>.</p></body>
</html>
`;
