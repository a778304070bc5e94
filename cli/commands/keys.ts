/** `tierwarden keys`: the master keys under which what is personal of people is sealed. */
import type { Command } from 'commander';
import { asSystem, required } from '../../src/app';
import { loadConfig } from '../../src/config';
import { CommandFailed, say, sayJson } from '../output';
import { withApp } from '../with-app';

interface Json {
  readonly json?: true;
}

export const register = (program: Command): void => {
  const keys = program.command('keys').description('master keys for personal data');
  keys
    .command('status')
    .description('print the ids of the master keys, the newest first')
    .option('--json', 'end with one JSON object: {masterKeys}')
    .action(runStatus);
  keys
    .command('rotate')
    .description('make a new master key, wrap every person’s key anew under it, and forget the old one')
    .option('--json', 'end with one JSON object: {masterKeyId, wrapped, left}')
    .action(runRotate);
};

const runStatus = ({ json }: Json): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const ring = await app.persons.keys.load();
    if (ring === null) throw new CommandFailed('there is no master key: keys rotate makes the first');
    const masterKeys = ring.masters.map(({ id }) => id);
    masterKeys.forEach((id, i) => say(i === 0 ? `${id} wraps` : `${id} opens what is left under it`));
    if (json) sayJson({ masterKeys });
  });

const runRotate = ({ json }: Json): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const outcome = required(await app.persons.commands.rotateKeys(asSystem('cli', app.newId())));
    const { masterKeyId, wrapped, left } = outcome;
    say(`${wrapped} keys are wrapped under ${masterKeyId} now`);
    if (json) sayJson(outcome);
    if (left > 0) throw new CommandFailed(`${left} keys were in use and are left under the old one: run it again`);
  });
