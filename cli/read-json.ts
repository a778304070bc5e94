/** A JSON file that a command is given. Throws a CommandFailed that names the file. */
import { readFile } from 'node:fs/promises';
import { CommandFailed } from './output';

export const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandFailed(
      `${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};
