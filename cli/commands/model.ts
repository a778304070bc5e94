/**
 * `tierwarden model`: takes in files of models that were trained elsewhere. Scorecard versions name them by the digest that is
 * printed; nobody is rated by one before a version that names it has been agreed to.
 */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asSystem, required } from '../../src/app';
import { loadConfig } from '../../src/config';
import { say, sayJson } from '../output';
import { withApp } from '../with-app';
import { demandReadable } from './import';

export const register = (program: Command): void => {
  const model = program.command('model').description('models that were trained elsewhere');
  model
    .command('add <file>')
    .description('take an ONNX file in, and print the digest that versions name it by')
    .option('--json', 'end with one JSON object: {digest, added}')
    .action((file: string, { json }: { readonly json?: true }) => runAdd(file, json === true));
};

const runAdd = async (file: string, json: boolean): Promise<void> => {
  await demandReadable(file);
  const content = await readFile(file);
  await withApp(loadConfig(), async (app) => {
    const taken = required(await app.scorecards.addModelFile(asSystem('cli', app.newId()), content));
    say(`${taken.digest}${taken.added ? '' : ' was there already'}`);
    if (json) sayJson(taken);
  });
};
