/** A server of a measurement in a process of its own, told over IPC what it needs; it answers with its port. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token?: string;
}

export const startChild = (execPath: string, script: 'api' | 'floor', order: object): Promise<Started> =>
  new Promise((resolve, reject) => {
    const child = fork(join(__dirname, '..', 'reads', `${script}.js`), {
      execPath,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the ${script} process ended with ${code}`));
    });
    child.once('message', (message) => {
      resolve({ child, ...(message as { port: number; token?: string }) });
    });
    child.send(order);
  });
