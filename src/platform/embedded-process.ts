/**
 * What the operating system says of another process. A process id alone proves nothing, since ids are used again, above
 * all after a restart of the machine or container; a stamp or a working directory does. Nothing here
 * ends anybody.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

const LINUX = process.platform === 'linux';

/** Tells one process from every other that ever had its id; null when there is none, or only a zombie is left of it. */
export const processStamp = (pid: number): string | null => {
  const seen = LINUX ? fromProc(pid) : fromPs(pid);
  return seen === null || seen.state.startsWith('Z') ? null : seen.stamp;
};

export const isAlive = (pid: number): boolean => processStamp(pid) !== null;

/** Whether the process is alive and works in `folder`: a PostgreSQL server does so in its data directory. */
export const worksIn = (pid: number, folder: string): boolean => {
  if (!isAlive(pid)) return false;
  if (LINUX) {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
    } catch {
      // Not ours to inspect, for example the server of another user inside a container: its command line must do.
    }
  }
  return commandLine(pid).includes(folder);
};

/** Whether the id is still given away: also a zombie's is, until somebody asks for its exit code. */
export const isTaken = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Living processes of a program that work in `folder`. Only Linux can tell; elsewhere none are found. */
export const processesIn = (folder: string, program: string): number[] => {
  if (!LINUX) return [];
  const pids = readdirSync('/proc').filter((name) => readOrEmpty(`/proc/${name}/comm`).trim() === program);
  return pids.map(Number).filter((pid) => worksIn(pid, folder));
};

const BOOT = LINUX ? readOrEmpty('/proc/sys/kernel/random/boot_id').trim() : '';

interface Seen {
  readonly state: string;
  readonly stamp: string;
}

const fromProc = (pid: number): Seen | null => {
  // The command name, in parentheses, may hold anything; the fields are counted from its end.
  const fields = readOrEmpty(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  const [state, startedTicks] = [fields[0], fields[19]];
  return state === undefined || startedTicks === undefined ? null : { state, stamp: `${BOOT}/${startedTicks}` };
};

const fromPs = (pid: number): Seen | null => {
  const [state, ...started] = ps(pid, 'stat=,lstart=').trim().split(/\s+/);
  return state === undefined || started.length === 0 ? null : { state, stamp: started.join(' ') };
};

const commandLine = (pid: number): string =>
  LINUX ? readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') : ps(pid, 'command=');

const ps = (pid: number, columns: string): string =>
  spawnSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
