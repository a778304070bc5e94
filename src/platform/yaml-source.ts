/** Reads YAML files against a schema; what is wrong with them is told in one line, with file, line and column. */
import { readFile, stat } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { refuse } from '../kernel/refusal';
import { ok, type Refused, type Result } from '../kernel/result';

const MAX_BYTES = 1024 * 1024;

/** Refuses NOT_FOUND/MAP (no such file), OUT_OF_RANGE/MAP (over 1 MiB) and what {@link parseYaml} refuses. */
export const readYamlFile = async <T>(path: string, schema: z.ZodType<T>): Promise<Result<T>> => {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      return refuse('OUT_OF_RANGE', `${path} is larger than ${MAX_BYTES} bytes.`, { reason: 'MAP', field: ['map'] });
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('NOT_FOUND', `There is no file ${path}.`, { reason: 'MAP', field: ['map'] });
    if (code === 'EISDIR') return refuse('INVALID', `${path} is a directory.`, { reason: 'MAP', field: ['map'] });
    if (code === 'EACCES')
      return refuse('FORBIDDEN', `The file ${path} may not be read.`, { reason: 'MAP', field: ['map'] });
    throw error;
  }
  return parseYaml(path, text, schema);
};

/** Refuses INVALID/YAML (syntax) and INVALID/MAP (schema); `params` holds line and column, from 1. */
export const parseYaml = <T>(name: string, text: string, schema: z.ZodType<T>): Result<T> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, reason: string, says: string): Refused => {
    const { line, col } = lines.linePos(offset);
    return refuse('INVALID', `${name}:${line}:${col}: ${says}`, {
      reason,
      field: ['map'],
      params: { line, column: col },
    });
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) return at(syntax.pos[0], 'YAML', firstLine(syntax.message));
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases that lead nowhere or blow up.
    return at(0, 'YAML', firstLine((error as Error).message));
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  return at(
    offsetOf(document, path),
    'MAP',
    `${path.length === 0 ? '' : `${path.join('.')}: `}${issue?.message ?? ''}`,
  );
};

/** Where the value at the path begins, or the nearest thing around it that the file does hold. */
const offsetOf = (document: Document, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
};

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
