/**
 * All keys of messages that the program can answer with, read off its sources: a front end translates by them, so it has
 * to know which there are. What is between the words of a sentence, and comes with the answer, is an ellipsis.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { REFUSAL_CODES } from '../../src/kernel/refusal';
import { PROJECT } from '../support/processes';

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);

/** English sentences by key, in the order of the alphabet. */
export type MessageKeys = ReadonlyMap<string, readonly string[]>;

/** Of everything below these folders of the project. */
export const messageKeysIn = (folders: readonly string[]): MessageKeys => {
  const found = new Map<string, Set<string>>();
  for (const file of folders.flatMap(sourcesBelow)) {
    visitCalls(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true), (call) => {
      const place = call.arguments.findIndex((argument) => textsOf(argument).some((text) => CODES.has(text)));
      const [code, sentence] = call.arguments.slice(place === -1 ? call.arguments.length : place);
      if (code === undefined) return;
      const reasons = call.arguments.flatMap(reasonsIn);
      for (const key of textsOf(code).filter((text) => CODES.has(text))) {
        for (const reason of reasons.length === 0 ? [''] : reasons) {
          const whole = reason === '' ? key : `${key}.${reason}`;
          const sentences = found.get(whole) ?? new Set<string>();
          found.set(whole, sentences);
          if (sentence !== undefined) textsOf(sentence).forEach((text) => sentences.add(text));
        }
      }
    });
  }
  return new Map(
    [...found]
      .map(([key, sentences]) => [key, [...sentences].filter((text) => text !== '').sort()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};

const sourcesBelow = (folder: string): string[] =>
  readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => join(PROJECT, folder, file));

const visitCalls = (node: ts.Node, onCall: (call: ts.CallExpression) => void): void => {
  if (ts.isCallExpression(node)) onCall(node);
  ts.forEachChild(node, (child) => {
    visitCalls(child, onCall);
  });
};

/** What an expression can be as a text; nothing for what only a run would tell. */
const textsOf = (node: ts.Expression): string[] => {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (!ts.isTemplateExpression(node)) return [];
  return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
};

const reasonsIn = (node: ts.Node): string[] => {
  const own = ts.isPropertyAssignment(node) && node.name.getText() === 'reason' ? textsOf(node.initializer) : [];
  const below: string[] = [];
  ts.forEachChild(node, (child) => {
    below.push(...reasonsIn(child));
  });
  return [...own, ...below];
};

/** The page of the guides. */
export const messageKeysPage = (keys: MessageKeys): string => {
  const rows = [...keys].map(([key, sentences]) => [
    `\`${key}\``,
    sentences.map((text) => text.replaceAll('|', '\\|')).join(' · '),
  ]);
  return `# Message keys

Written by \`npm run goldens\`; edits here are overwritten.

Every \`messageKey\` that a user error can have, with what its \`message\` then says in English; an ellipsis stands for a value,
which is in \`params\` where a translation needs it. What the codes before the dot mean is told in [codes of the
API](errors.md). Some of these are met at imports and on the command line alone.

A front end translates by the whole key and, where it knows none for it, by the code before the dot: further reasons may come,
codes do not change. [All of them in Chinese](../../graphql/messages.zh-CN.json) are served at \`/docs/messages.zh-CN.json\`.

| Key | Says |
| --- | --- |
${rows.map(([key = '', says = '']) => `| ${key} | ${says} |`).join('\n')}
`;
};
