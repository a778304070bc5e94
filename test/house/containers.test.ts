import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readConfig, requireSignIn } from '../../src/config';
import { REPOSITORY } from './temporary-tree';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly healthcheck?: { readonly test: readonly string[]; readonly interval: string; readonly timeout: string };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** What a person would put into .env. */
const GIVEN: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'owner1',
  TIERWARDEN_DB_PASSWORD: 'app1',
  AUTH_JWKS_URL: 'https://login.example.com/jwks',
  AUTH_ISSUER: 'https://login.example.com',
};
/** ${NAME}, ${NAME:-default} and ${NAME:?complaint}, as Compose reads them. */
const interpolate = (text: string, given = GIVEN): string =>
  text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, operator?: string, rest?: string) => {
    const value = given[name] ?? (operator === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest ?? 'not set'}`);
    return value;
  });
const compose = (): Compose => parse(interpolate(read('docker-compose.yml')), { merge: true }) as Compose;
const service = (name: string): Service => {
  const found = compose().services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};

describe('docker-compose.yml', () => {
  test('has the whole system', () => {
    expect(Object.keys(compose().services).sort()).toEqual(['api', 'migrate', 'postgres', 'redis', 'worker']);
    expect([service('api').deploy?.replicas, service('worker').deploy?.replicas]).toEqual([2, 2]);
  });

  test.each(['postgres', 'redis', 'api', 'worker'])('%s is watched and comes back', (name) => {
    const { healthcheck, restart } = service(name);
    expect(restart).toBe('unless-stopped');
    expect(healthcheck?.test[0]).toBe('CMD');
    expect(healthcheck?.test.filter((word) => typeof word !== 'string')).toEqual([]);
    expect(healthcheck?.interval).toMatch(/^\d+s$/);
    expect(healthcheck?.timeout).toMatch(/^\d+s$/);
  });

  test.each([
    [200, 0],
    [503, 1],
  ])('an API whose readiness answers %i ends the check with %i', async (status, exitCode) => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/readyz' ? status : 404;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await checkApi(port)).toBe(exitCode);
    await new Promise((closed) => server.close(closed));
    // Nobody listens there any more.
    expect(await checkApi(port)).toBe(1);
  });

  /** Exit code of the API's health check, with its own port in place of the container's. */
  const checkApi = async (port: number): Promise<number | null> => {
    const [, , ...args] = service('api').healthcheck?.test ?? [];
    const check = spawn(
      process.execPath,
      args.map((word) => word.replace(':4000', `:${port}`)),
    );
    const [code] = (await once(check, 'exit')) as [number | null];
    return code;
  };

  test('nothing serves before the schema is there', () => {
    expect(service('migrate')).toMatchObject({
      restart: 'no',
      depends_on: { postgres: { condition: 'service_healthy' } },
    });
    for (const name of ['api', 'worker']) {
      expect(service(name).depends_on).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        redis: { condition: 'service_healthy' },
      });
    }
  });

  test('data outlive their containers', () => {
    const { services, volumes } = compose();
    const named = Object.values(services).flatMap((s) => (s.volumes ?? []).map((volume) => volume.split(':')[0]));
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort());
    expect([service('postgres').volumes, service('redis').volumes].every((list) => list?.length === 1)).toBe(true);
  });

  test('two APIs find two ports', () => {
    const [from = 0, to = 0] = (service('api').ports?.[0] ?? '').split(':')[0]!.split('-').map(Number);
    expect(to - from + 1).toBe(service('api').deploy?.replicas);
  });

  test.each(['POSTGRES_PASSWORD', 'TIERWARDEN_DB_PASSWORD', 'AUTH_JWKS_URL', 'AUTH_ISSUER'])(
    'nothing starts without %s',
    (name) => {
      const { [name]: _, ...rest } = GIVEN;
      expect(() => interpolate(read('docker-compose.yml'), rest)).toThrow(name);
    },
  );

  test.each(['api', 'worker', 'migrate'])('the environment of %s is one that the program understands', (name) => {
    const config = readConfig({ HOST: '0.0.0.0', ...service(name).environment });
    expect(config).toMatchObject({ mode: 'external', redis: { kind: 'single' }, auth: { kind: 'jwks' } });
    expect(() => requireSignIn(config)).not.toThrow();
    const graceS = Number(service(name).stop_grace_period?.replace('s', ''));
    expect(graceS * 1_000).toBeGreaterThan(config.shutdownTimeoutMs);
  });

  test('only the migration knows the owner of the schema', () => {
    const knowing = Object.entries(compose().services)
      .filter(([, { environment }]) => JSON.stringify(environment ?? {}).includes(GIVEN['POSTGRES_PASSWORD']!))
      .map(([name]) => name);
    expect(knowing.sort()).toEqual(['migrate', 'postgres']);
  });

  test('the app login that the addresses name is the one that is made', () => {
    const url = new URL(service('api').environment?.['DATABASE_URL'] ?? '');
    expect(compose().configs['app-login']?.content).toBe(
      `CREATE ROLE ${url.username} LOGIN PASSWORD '${url.password}'`,
    );
  });

  test('every command is one that the program has', () => {
    const commands = readdirSync(join(REPOSITORY, 'cli/commands')).map((file) => file.replace(/\.ts$/, ''));
    const asked = ['api', 'worker', 'migrate'].map((name) => service(name).command?.[0]);
    expect(commands).toEqual(expect.arrayContaining([...asked, service('worker').healthcheck?.test.at(-1)]));
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').replace(/\\\n/g, ' ').split('\n');
  const instructions = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
  const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  test('builds in one stage and runs in another', () => {
    expect(instructions('FROM')).toEqual(['${NODE_IMAGE} AS build', '${NODE_IMAGE} AS production', '${NODE_IMAGE}']);
    expect(instructions('ARG')).toEqual(['NODE_IMAGE=node:24-slim']);
  });

  test('runs as somebody who is not root, from the last word on', () => {
    const users = lastStage.filter((line) => line.startsWith('USER '));
    expect(users).toEqual(['USER node']);
    const afterwards = lastStage.slice(lastStage.indexOf('USER node') + 1);
    expect(afterwards.filter((line) => /^(RUN|COPY|ADD) /.test(line))).toEqual([]);
  });

  test('hears its signals itself', () => {
    expect(instructions('ENTRYPOINT')).toEqual(['["node", "bin/tierwarden.js"]']);
    expect(instructions('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('installs what the lock says, and nothing for developers', () => {
    const installs = instructions('RUN').filter((command) => command.includes('npm install'));
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toMatch(/&& cmp package-lock\.json/);
    expect(installs[1]).toContain('--omit=dev');
  });

  test('copies only what is there', () => {
    const sources = instructions('COPY')
      .filter((arguments_) => !arguments_.startsWith('--from='))
      .flatMap((arguments_) => arguments_.split(' ').slice(0, -1));
    expect(sources.filter((source) => !existsSync(join(REPOSITORY, source)))).toEqual([]);
  });

  test('leaves secrets, data and installed packages of this machine behind', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '.tierwarden', '.env*', 'dist']));
  });
});
