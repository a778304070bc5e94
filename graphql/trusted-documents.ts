/**
 * Documents that somebody has looked at before they are run: the published operations and those of a folder that the
 * installation names, known by their SHA-256. Documents are not parsed here for any other end than to print them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parse, print } from 'graphql';
import { ConfigError, projectFolder, type Config } from '../src/config';

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

/** SHA-256 of every trusted document, as it stands in its file and as graphql-js prints it. */
export const readTrustedDocuments = async ({
  folder,
}: Pick<Config['trustedDocuments'], 'folder'>): Promise<ReadonlySet<string>> => {
  const published = await documentsOf(join(projectFolder(), 'graphql/operations'));
  const further = folder === null ? [] : await documentsOf(folder).catch(unusable);
  return new Set([...published, ...further].flatMap((text) => [sha256Of(text), sha256Of(print(parse(text)))]));
};

const documentsOf = async (folder: string): Promise<string[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.graphql'));
  return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
};

const unusable = (error: unknown): never => {
  throw new ConfigError('TRUSTED_DOCUMENTS_FOLDER', `cannot be read: ${(error as Error).message}`);
};
