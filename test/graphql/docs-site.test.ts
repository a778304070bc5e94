/** The reference at /docs, as a browser and a code generator meet it. */
import { readFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildSchema, parse, validate } from 'graphql';
import { publishedOperations, useApi } from '../support/api';
import { PROJECT } from '../support/processes';

const api = useApi('empty');
const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${api.url}${path}`, { redirect: 'manual', ...init });
/** The path and the headers as they stand, and the bytes as they come. */
const raw = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .once('error', reject)
      .end();
  });
const committed = (path: string): string => readFileSync(join(PROJECT, 'graphql', path), 'utf8');

describe('the page', () => {
  it('is the committed one, for anybody', async () => {
    const page = await get('/docs/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toBe(committed('reference/index.html'));
  });

  it('stands at an address under which its own relative ones hold', async () => {
    const page = await get('/docs');
    expect([page.status, page.headers.get('location')]).toEqual([308, '/docs/']);
  });

  it('runs no script and takes no style but its own, and is shown in no frame', async () => {
    const policy = (await get('/docs/')).headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const html = committed('reference/index.html');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/);
  });

  it('loads nothing from elsewhere, and all that it loads is there', async () => {
    const html = committed('reference/index.html');
    const loaded = [...html.matchAll(/<(?:script|link|img)[^>]*?\b(?:src|href)="([^"]+)"/g)].map(
      ([, address]) => address,
    );
    expect(loaded).toEqual(['stylesheets/spectaql.min.css', 'javascripts/spectaql.min.js']);
    for (const [address, type] of [
      [loaded[0], 'text/css'],
      [loaded[1], 'text/javascript'],
    ]) {
      const answer = await get(`/docs/${address}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
      expect(await answer.text()).not.toMatch(/@import|@font-face|https?:|url\(/);
    }
  });

  it('leads nowhere that is not there', async () => {
    const html = committed('reference/index.html');
    const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    const links = [...html.matchAll(/<a\s[^>]*href="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(500);
    expect(links.filter((link) => link.startsWith('#') && !ids.has(link.slice(1)))).toEqual([]);
    const elsewhere = new Set(links.filter((link) => !link.startsWith('#') && !/^https?:/.test(link)));
    expect(elsewhere).toEqual(new Set(['/graphql', 'schema.graphql', 'operations.graphql']));
  });

  it('shows every field of the roots, with the published operations', async () => {
    const html = committed('reference/index.html');
    const schema = buildSchema(committed('schema.graphql'));
    for (const [prefix, type] of [
      ['query', schema.getQueryType()],
      ['mutation', schema.getMutationType()],
    ] as const) {
      const fields = Object.keys(type?.getFields() ?? {});
      expect(fields.filter((name) => !html.includes(`id="${prefix}-${name}"`))).toEqual([]);
    }
    const names = [...(await publishedOperations())].filter(([, document]) => !/^subscription\b/m.test(document));
    expect(names.map(([name]) => name).filter((name) => !html.includes(`${name}.graphql, asked by`))).toEqual([]);
  });
});

describe('caching', () => {
  it('asks each time, and nothing is sent again that is there', async () => {
    const first = await raw('GET', '/docs/');
    expect(first.headers['cache-control']).toBe('public, no-cache');
    const second = await raw('GET', '/docs/', { 'if-none-match': first.headers.etag ?? '' });
    expect([second.status, second.body.length]).toEqual([304, 0]);
  });

  it('is short for whoever reads gzip, and the same for whoever does not', async () => {
    const zipped = await raw('GET', '/docs/', { 'accept-encoding': 'gzip' });
    const plain = await raw('GET', '/docs/', { 'accept-encoding': 'identity' });
    expect([zipped, plain].map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', undefined]);
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
    expect(zipped.headers.vary?.toLowerCase()).toContain('accept-encoding');
    expect(zipped.body.length).toBeLessThan(plain.body.length / 5);
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
  });

  it('says the head alone when asked for it', async () => {
    const head = await raw('HEAD', '/docs/schema.graphql');
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });
});

describe('for code generators', () => {
  it('the schema is text', async () => {
    const answer = await get('/docs/schema.graphql');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toBe(committed('schema.graphql'));
    const messages = await get('/docs/messages.zh-CN.json');
    expect(messages.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await messages.json()).toHaveProperty('FROZEN', '额度已冻结。');
  });

  it('so are the published operations, all valid', async () => {
    const document = parse(await (await get('/docs/operations.graphql')).text());
    expect(validate(buildSchema(committed('schema.graphql')), document)).toEqual([]);
    expect(document.definitions.length).toBeGreaterThanOrEqual((await publishedOperations()).size);
  });
});

describe('what is not there', () => {
  it.each([
    ['GET', '/docs/nothing'],
    ['GET', '/docs/index.html/'],
    ['GET', '/docs/%2e%2e/schema.graphql'],
    ['GET', '/docs/../package.json'],
    ['GET', '/docs/..%2f..%2fpackage.json'],
    ['GET', '/docs/%'],
    ['GET', '/docs/%00'],
    ['POST', '/docs/'],
  ])('%s %s is answered by a small page under the same policy', async (method, path) => {
    const answer = await raw(method, path);
    expect([answer.status, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(answer.body.toString()).toContain('href="/docs/"');
  });
});
