/**
 * The environment, read once into a typed, validated, frozen Config. Nothing else in the program reads environment
 * variables; this file opens no connection and touches no disk beyond finding the project's own folder.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How the process got its database: one that it runs itself under `home`, or one that it was given. */
export type Mode = 'embedded' | 'external';

export type RedisConfig =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'cluster';
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly tls: boolean;
      readonly username: string | null;
      readonly password: string | null;
    };

export type AuthConfig =
  /** Tokens of an outside identity provider. */
  | {
      readonly kind: 'jwks';
      readonly jwksUrl: string;
      readonly issuer: string;
      readonly audience: string;
      readonly algorithms: readonly string[];
    }
  /** Tokens that the program signs for the sample users: embedded database and loopback address only. */
  | { readonly kind: 'local' }
  /** No way to sign in. Commands that serve nobody work; the API refuses to start ({@link requireSignIn}). */
  | { readonly kind: 'none' };

export interface TracingConfig {
  /** Of a collector that takes OTLP over HTTP, without the path. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Share of traces that are recorded, 0 to 1; a caller's own decision goes before. */
  readonly sampleRatio: number;
}

export interface AuditLogConfig {
  /** Name of the log and of its keys, like `host/path` without a scheme. */
  readonly origin: string;
  /** Signing keys (`PRIVATE+KEY+…`), by blanks or commas; null where they are in a file. */
  readonly keys: string | null;
  /** Absolute path; null where none was named. */
  readonly keyFile: string | null;
  /** Verifier keys of the witnesses whose cosignatures are taken. */
  readonly witnesses: readonly string[];
}

export interface PersonalDataConfig {
  /** Keys for personal data (`TW-MASTER+…`, `TW-INDEX+…`), by blanks or commas; null where they are in a file. */
  readonly keys: string | null;
  /** Absolute path; null where none was named. */
  readonly keyFile: string | null;
}

export interface EvidenceConfig {
  /** Key that signs links to files, base64; null where it is in a file. */
  readonly key: string | null;
  /** Absolute path; null where none was named. */
  readonly keyFile: string | null;
  /** Largest file that is taken. */
  readonly maxBytes: number;
}

export interface Config {
  readonly mode: Mode;
  /** Login of the running application; null in embedded mode. */
  readonly databaseUrl: string | null;
  /** Login that owns the schema and runs migrations; null in embedded mode. */
  readonly databaseOwnerUrl: string | null;
  readonly databasePoolSize: number;
  readonly redis: RedisConfig | null;
  /** Absolute path of the folder for data, keys and generated files. */
  readonly home: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly auth: AuthConfig;
  /** null: as the command sees fit. */
  readonly logLevel: LogLevel | null;
  /** `auto`: text for a terminal, JSON otherwise. */
  readonly logFormat: LogFormat;
  /** Jobs that one worker process runs at a time. */
  readonly workerConcurrency: number;
  /** Longest run of one SQL statement for the API; 0 for none. */
  readonly statementTimeoutMs: number;
  /** Longest wait of one SQL statement of the API for a lock; 0 for none. */
  readonly lockTimeoutMs: number;
  /** Longest time for one GraphQL operation, from its execution to its answer; 0 for none. */
  readonly operationTimeoutMs: number;
  /** Longest pause inside a transaction, for the API and workers; 0 for none. */
  readonly idleInTransactionTimeoutMs: number;
  /** Dearest operation that the API takes, in points of cost. */
  readonly queryCostLimit: number;
  /** Points of cost that one client may spend in a minute, over all API processes; 0 for any number. */
  readonly rateLimitPerMinute: number;
  readonly trustedDocuments: {
    readonly mode: TrustedDocumentsMode;
    /** Absolute path of a folder with documents beside the published ones. */
    readonly folder: string | null;
  };
  /** How long work in hand may take to end after the first signal. */
  readonly shutdownTimeoutMs: number;
  /** Operations that take longer are logged; 0 logs every one. */
  readonly slowOperationMs: number;
  /** Opens the figures at /metrics to whoever knows it; null: only to people with the right. */
  readonly metricsToken: string | null;
  readonly auditLog: AuditLogConfig;
  readonly personalData: PersonalDataConfig;
  readonly evidence: EvidenceConfig;
  /** Relying party of passkeys: the domain they belong to, and the origins of the pages that ask for them. */
  readonly passkeys: { readonly id: string; readonly origins: readonly string[] };
  /** null: nothing is traced, and nothing that could is loaded. */
  readonly tracing: TracingConfig | null;
}

/** A variable that cannot be used; the message is one line and begins with the variable's name. */
export class ConfigError extends Error {
  constructor(
    readonly variable: string,
    problem: string,
  ) {
    super(`${variable} ${problem}`);
    this.name = 'ConfigError';
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_FORMATS = ['auto', 'text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
const TRUSTED_DOCUMENTS_MODES = ['off', 'log', 'enforce'] as const;
const TRACING_MODES = ['off', 'otlp'] as const;
export type TrustedDocumentsMode = (typeof TRUSTED_DOCUMENTS_MODES)[number];

/** Asymmetric ones only: with a shared secret, whoever can check a token could also forge it. */
const TOKEN_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const AUTH_VARIABLES = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_ALGORITHMS'] as const;

const integer = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `is below ${min}`).max(max, `is above ${max}`))
    .default(fallback);

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `is none of ${values.join(', ')}` });

const isUrlOf = (text: string, ...protocols: string[]): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  // A PostgreSQL on a Unix socket is named by the parameter `host`.
  return protocols.includes(url.protocol) && (url.hostname !== '' || url.searchParams.has('host'));
};

const postgresUrl = z
  .string()
  .refine(
    (text) => isUrlOf(text, 'postgres:', 'postgresql:'),
    'is not an address of the form postgres://user:password@host:5432/name',
  )
  .optional();

const VARIABLES = z.object({
  DATABASE_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl,
  DATABASE_POOL_SIZE: integer(1, 1000, 20),
  REDIS_URL: z.string().optional(),
  TIERWARDEN_HOME: z.string().optional(),
  HOST: z
    .string()
    .regex(/^[0-9A-Za-z.:_-]+$/, 'is not a host name or address')
    .default('127.0.0.1'),
  PORT: integer(0, 65_535, 4000),
  AUTH_JWKS_URL: z
    .string()
    .refine((text) => isUrlOf(text, 'http:', 'https:'), 'is not an http(s) address')
    .optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_ALGORITHMS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine((names) => names.every((name) => TOKEN_ALGORITHMS.includes(name)), {
      error: `is not a comma-separated list out of ${TOKEN_ALGORITHMS.join(', ')}`,
    })
    .optional(),
  LOG_LEVEL: oneOf(LOG_LEVELS).optional(),
  LOG_FORMAT: oneOf(LOG_FORMATS).default('auto'),
  WORKER_CONCURRENCY: integer(1, 256, 2),
  STATEMENT_TIMEOUT_MS: integer(0, 600_000, 30_000),
  LOCK_TIMEOUT_MS: integer(0, 600_000, 10_000),
  OPERATION_TIMEOUT_MS: integer(0, 600_000, 45_000),
  IDLE_IN_TRANSACTION_TIMEOUT_MS: integer(0, 600_000, 60_000),
  QUERY_COST_LIMIT: integer(1, 1_000_000, 10_000),
  RATE_LIMIT_PER_MINUTE: integer(0, 999_999_999, 1_000_000),
  TRUSTED_DOCUMENTS: oneOf(TRUSTED_DOCUMENTS_MODES).default('off'),
  TRUSTED_DOCUMENTS_FOLDER: z.string().optional(),
  SHUTDOWN_TIMEOUT_MS: integer(0, 600_000, 8000),
  SLOW_OPERATION_MS: integer(0, 600_000, 1000),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'is not 16 or more printable ASCII characters without blanks')
    .optional(),
  AUDIT_LOG_ORIGIN: z
    .string()
    .regex(/^[^\s+:]+$/, 'is not of the form host/path, without a scheme, blanks and plus signs')
    .default('localhost/audit/log'),
  AUDIT_LOG_KEY: z.string().optional(),
  AUDIT_LOG_KEY_FILE: z.string().optional(),
  AUDIT_LOG_WITNESSES: z
    .string()
    .transform((text) => text.split(/[\s,]+/))
    .refine((keys) => keys.every((key) => /^[^+]+\+[0-9a-f]{8}\+\S+$/.test(key)), {
      error: 'is not a list of verifier keys of the form name+1a2b3c4d+BASE64',
    })
    .optional(),
  PERSONAL_DATA_KEY: z.string().optional(),
  PERSONAL_DATA_KEY_FILE: z.string().optional(),
  EVIDENCE_LINK_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43,}={0,2}$/, 'is not 32 or more bytes in base64')
    .optional(),
  EVIDENCE_LINK_KEY_FILE: z.string().optional(),
  EVIDENCE_MAX_BYTES: integer(1, 104_857_600, 10_485_760),
  PASSKEY_RP_ID: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is not a domain name')
    .default('localhost'),
  PASSKEY_ORIGINS: z
    .string()
    .transform((text) => text.split(/[\s,]+/))
    .refine((origins) => origins.every((text) => URL.canParse(text) && new URL(text).origin === text), {
      error: 'is not a list of origins of the form https://host',
    })
    .optional(),
  TRACING: oneOf(TRACING_MODES).default('off'),
  // Others use these three as well: they are looked at only when tracing is on.
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().default('http://localhost:4318'),
  OTEL_SERVICE_NAME: z.string().default('tierwarden'),
  OTEL_TRACES_SAMPLER_ARG: z.string().default('1'),
});

/** Throws a {@link ConfigError} on the first variable that cannot be used. A variable set to nothing counts as unset. */
export const readConfig = (env: Environment): Config => {
  const set = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const parsed = VARIABLES.safeParse(set);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(String(issue?.path[0]), issue?.message ?? 'is not valid');
  }
  const variables = parsed.data;
  const mode: Mode = variables.DATABASE_URL === undefined ? 'embedded' : 'external';
  if (mode === 'embedded' && variables.DATABASE_OWNER_URL !== undefined) {
    throw new ConfigError('DATABASE_OWNER_URL', 'is set but DATABASE_URL is not');
  }
  const { QUERY_COST_LIMIT, RATE_LIMIT_PER_MINUTE } = variables;
  if (RATE_LIMIT_PER_MINUTE > 0 && RATE_LIMIT_PER_MINUTE < QUERY_COST_LIMIT) {
    throw new ConfigError('RATE_LIMIT_PER_MINUTE', `is below QUERY_COST_LIMIT, which is ${QUERY_COST_LIMIT}`);
  }
  if (variables.AUDIT_LOG_KEY !== undefined && variables.AUDIT_LOG_KEY_FILE !== undefined) {
    throw new ConfigError('AUDIT_LOG_KEY_FILE', 'is set beside AUDIT_LOG_KEY; one of them holds the keys');
  }
  if (variables.PERSONAL_DATA_KEY !== undefined && variables.PERSONAL_DATA_KEY_FILE !== undefined) {
    throw new ConfigError('PERSONAL_DATA_KEY_FILE', 'is set beside PERSONAL_DATA_KEY; one of them holds the keys');
  }
  if (variables.EVIDENCE_LINK_KEY !== undefined && variables.EVIDENCE_LINK_KEY_FILE !== undefined) {
    throw new ConfigError('EVIDENCE_LINK_KEY_FILE', 'is set beside EVIDENCE_LINK_KEY; one of them holds the key');
  }
  return deepFreeze({
    mode,
    databaseUrl: variables.DATABASE_URL ?? null,
    databaseOwnerUrl: variables.DATABASE_OWNER_URL ?? variables.DATABASE_URL ?? null,
    databasePoolSize: variables.DATABASE_POOL_SIZE,
    redis: variables.REDIS_URL === undefined ? null : parseRedisUrl(variables.REDIS_URL),
    home:
      variables.TIERWARDEN_HOME === undefined
        ? join(projectFolder(), '.tierwarden')
        : resolve(variables.TIERWARDEN_HOME),
    host: variables.HOST,
    port: variables.PORT,
    auth: readAuth(variables, mode),
    logLevel: variables.LOG_LEVEL ?? null,
    logFormat: variables.LOG_FORMAT,
    workerConcurrency: variables.WORKER_CONCURRENCY,
    statementTimeoutMs: variables.STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: variables.LOCK_TIMEOUT_MS,
    operationTimeoutMs: variables.OPERATION_TIMEOUT_MS,
    idleInTransactionTimeoutMs: variables.IDLE_IN_TRANSACTION_TIMEOUT_MS,
    queryCostLimit: QUERY_COST_LIMIT,
    rateLimitPerMinute: RATE_LIMIT_PER_MINUTE,
    trustedDocuments: {
      mode: variables.TRUSTED_DOCUMENTS,
      folder: variables.TRUSTED_DOCUMENTS_FOLDER === undefined ? null : resolve(variables.TRUSTED_DOCUMENTS_FOLDER),
    },
    shutdownTimeoutMs: variables.SHUTDOWN_TIMEOUT_MS,
    slowOperationMs: variables.SLOW_OPERATION_MS,
    metricsToken: variables.METRICS_TOKEN ?? null,
    auditLog: {
      origin: variables.AUDIT_LOG_ORIGIN,
      keys: variables.AUDIT_LOG_KEY ?? null,
      keyFile: variables.AUDIT_LOG_KEY_FILE === undefined ? null : resolve(variables.AUDIT_LOG_KEY_FILE),
      witnesses: variables.AUDIT_LOG_WITNESSES ?? [],
    },
    personalData: {
      keys: variables.PERSONAL_DATA_KEY ?? null,
      keyFile: variables.PERSONAL_DATA_KEY_FILE === undefined ? null : resolve(variables.PERSONAL_DATA_KEY_FILE),
    },
    evidence: {
      key: variables.EVIDENCE_LINK_KEY ?? null,
      keyFile: variables.EVIDENCE_LINK_KEY_FILE === undefined ? null : resolve(variables.EVIDENCE_LINK_KEY_FILE),
      maxBytes: variables.EVIDENCE_MAX_BYTES,
    },
    passkeys: {
      id: variables.PASSKEY_RP_ID,
      origins: variables.PASSKEY_ORIGINS ?? [`http://localhost:${variables.PORT}`],
    },
    tracing: variables.TRACING === 'off' ? null : readTracing(variables),
  });
};

/** {@link readConfig} of this process's environment. */
export const loadConfig = (): Config => readConfig(process.env);

/** Throws a {@link ConfigError} unless people can sign in under this configuration. */
export const requireSignIn = (config: Config): void => {
  if (config.auth.kind !== 'none') return;
  throw new ConfigError(
    'AUTH_JWKS_URL',
    config.mode === 'embedded'
      ? `is needed: local sign-in is offered on a loopback address only, and HOST is ${config.host}`
      : 'is needed with DATABASE_URL: local sign-in is offered with the embedded database only',
  );
};

/** Whether this is a first look: data of its own, for people at this machine alone. */
export const servesThisMachineOnly = (config: Pick<Config, 'mode' | 'host'>): boolean =>
  config.mode === 'embedded' && isLoopback(config.host);

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

const readAuth = (variables: z.output<typeof VARIABLES>, mode: Mode): AuthConfig => {
  const missing = AUTH_VARIABLES.find((name) => variables[name] === undefined);
  const given = AUTH_VARIABLES.find((name) => variables[name] !== undefined);
  if (missing !== undefined && given !== undefined) throw new ConfigError(missing, `is needed because ${given} is set`);
  const { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_ALGORITHMS } = variables;
  if (AUTH_JWKS_URL && AUTH_ISSUER && AUTH_AUDIENCE && AUTH_ALGORITHMS) {
    return {
      kind: 'jwks',
      jwksUrl: AUTH_JWKS_URL,
      issuer: AUTH_ISSUER,
      audience: AUTH_AUDIENCE,
      algorithms: AUTH_ALGORITHMS,
    };
  }
  return { kind: mode === 'embedded' && isLoopback(variables.HOST) ? 'local' : 'none' };
};

const readTracing = (variables: z.output<typeof VARIABLES>): TracingConfig => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER_ARG } = variables;
  if (!isUrlOf(OTEL_EXPORTER_OTLP_ENDPOINT, 'http:', 'https:')) {
    throw new ConfigError('OTEL_EXPORTER_OTLP_ENDPOINT', 'is not an http(s) address');
  }
  if (!/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(OTEL_TRACES_SAMPLER_ARG)) {
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG', 'is not a share between 0 and 1');
  }
  return {
    endpoint: OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: OTEL_SERVICE_NAME,
    sampleRatio: Number(OTEL_TRACES_SAMPLER_ARG),
  };
};

const REDIS_FORMS = 'is not redis://host:6379, rediss://host:6379 or redis+cluster://host1:6379,host2:6379';

/**
 * One server, or a Cluster: named by the scheme (`redis+cluster:`, `rediss+cluster:`) or by giving several nodes, with or
 * without a scheme of their own. The credentials of the first node hold for all.
 */
const parseRedisUrl = (text: string): RedisConfig => {
  const scheme = /^(rediss?)(\+cluster)?:\/\//.exec(text);
  const parts = text.split(',').map((part) => part.trim());
  if (!scheme || parts.includes('')) throw new ConfigError('REDIS_URL', REDIS_FORMS);
  const protocol = `${scheme[1] ?? ''}:`;
  const urls = parts.map((part) => {
    const address = `${protocol}//${part.replace(/^rediss?(\+cluster)?:\/\//, '')}`;
    if (!isUrlOf(address, protocol)) throw new ConfigError('REDIS_URL', REDIS_FORMS);
    return new URL(address);
  });
  const [first] = urls;
  if (first === undefined) throw new ConfigError('REDIS_URL', REDIS_FORMS);
  if (scheme[2] === undefined && urls.length === 1) return { kind: 'single', url: text };
  return {
    kind: 'cluster',
    nodes: urls.map((url) => ({ host: url.hostname, port: Number(url.port || 6379) })),
    tls: protocol === 'rediss:',
    username: decodeURIComponent(first.username) || null,
    password: decodeURIComponent(first.password) || null,
  };
};

/** The nearest folder above this file with a package.json: where the program lies, wherever one stands. */
export const projectFolder = (): string => {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return process.cwd();
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
};
