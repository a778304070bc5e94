/**
 * `tierwarden policy`: policies as files. They are looked through, compared, written out, and put up for decision; none comes into
 * force without the people whom the approval matrix names.
 */
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Argument, type Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { REQUEST_KINDS } from '../../src/approvals';
import { loadConfig } from '../../src/config';
import type { Json } from '../../src/kernel/canonical-json';
import {
  diffPolicy,
  failedCases,
  jsonOfSheet,
  lintPolicy,
  parsePolicy,
  parseTestCases,
  POLICY_KINDS,
  policySentences,
  policySheet,
  type PolicyKind,
} from '../../src/policies';
import { openCsvReport } from '../../src/platform/csv-report';
import { isFault, openCsv } from '../../src/platform/csv-source';
import { CommandFailed, say, sayJson } from '../output';
import { readJson } from '../read-json';
import { withApp } from '../with-app';

interface Answering {
  readonly json?: true;
}

const kindArgument = (): Argument => new Argument('<kind>', 'which policy').choices(POLICY_KINDS);

export const register = (program: Command): void => {
  const policy = program.command('policy').description('policies as files: JSON, or CSV for spreadsheets');
  policy
    .command('lint')
    .addArgument(kindArgument())
    .argument('<file>', 'policy as JSON or CSV')
    .description(
      'look a policy through: gaps, overlaps, rows without effect, test cases; fails where it could not be published',
    )
    .option('--sentences', 'show how it reads, too')
    .option('--json', 'end with one JSON object: {findings, failedCases}')
    .action(runLint);
  policy
    .command('export')
    .addArgument(kindArgument())
    .argument('[file]', 'file to write, ending with .json or .csv; left out: JSON to the terminal')
    .option('--number <n>', 'version; left out: the one in force')
    .description('write a published policy out')
    .action(runExport);
  policy
    .command('import')
    .addArgument(kindArgument())
    .argument('<file>', 'policy as JSON or CSV')
    .requiredOption('--justification <text>', 'why')
    .description('put a policy up for decision')
    .option('--json', 'end with one JSON object: {number, levels}')
    .action(runImport);
  policy
    .command('diff')
    .addArgument(kindArgument())
    .argument('<from>', 'number of a version, or a file')
    .argument('<to>', 'number of a version, or a file')
    .description('what two policies say differently')
    .option('--json', 'as one JSON object')
    .action(runDiff);
};

interface FilePolicy {
  readonly content: unknown;
  /** Undefined where the file has none. */
  readonly testCases?: unknown;
}

const readPolicy = async (kind: PolicyKind, file: string): Promise<FilePolicy> => {
  if (extname(file).toLowerCase() === '.csv') return { content: await readSheet(kind, file) };
  const json = await readJson(file);
  return typeof json === 'object' && json !== null && 'content' in json ? json : { content: json };
};

const readSheet = async (kind: PolicyKind, file: string): Promise<Json> => {
  const source = required(await openCsv(file));
  const rows: (readonly string[])[] = [];
  for await (const block of source.blocks) {
    for (const item of block) {
      if (isFault(item)) throw new CommandFailed(`${file}: line ${item.line} cannot be read: ${item.fault}`);
      // As spreadsheets are kept from taking it for a formula.
      rows.push(item.fields.map((cell) => cell.replace(/^'(?=[=+\-@])/, '')));
    }
  }
  return required(jsonOfSheet(kind, { header: source.header, rows }));
};

const runLint = async (
  kind: PolicyKind,
  file: string,
  { sentences, json }: Answering & { readonly sentences?: true },
): Promise<void> => {
  const read = await readPolicy(kind, file);
  const content = required(parsePolicy(kind, read.content));
  const findings = lintPolicy(kind, content, REQUEST_KINDS);
  const failed = failedCases(kind, content, required(parseTestCases(read.testCases ?? [])));
  if (sentences) for (const { en } of policySentences(kind, content, REQUEST_KINDS)) say(en);
  for (const { severity, code, text } of findings) say(`${severity} ${code} ${text.en}`);
  for (const { name, expected, got } of failed) {
    say(`ERROR CASE ${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
  if (json) sayJson({ findings, failedCases: failed });
  const errors = findings.filter(({ severity }) => severity === 'ERROR').length + failed.length;
  if (errors > 0) throw new CommandFailed(`${file} could not be published: ${errors} errors`);
};

const numbered = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CommandFailed(`${text} is no number of a version`);
  return Number(text);
};

const published = async (app: App, kind: PolicyKind, number: string | undefined) => {
  if (number === undefined) return app.policies.inForceAt(kind, app.clock());
  const version = await app.policies.numbered(kind, numbered(number));
  if (version === null) throw new CommandFailed(`there is no version ${number} of ${kind}`);
  return version;
};

const runExport = async (
  kind: PolicyKind,
  file: string | undefined,
  { number: wanted }: { readonly number?: string },
): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const { number, content, testCases } = await published(app, kind, wanted);
    const whole = { kind, number, content, testCases };
    if (file === undefined) return sayJson(whole);
    if (extname(file).toLowerCase() === '.csv') {
      const sheet = policySheet(kind, content);
      const report = await openCsvReport(file, sheet.header);
      await report.write(sheet.rows);
      await report.close();
    } else {
      await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
    }
    say(`version ${number} of ${kind} → ${file}`);
  });

const runImport = async (
  kind: PolicyKind,
  file: string,
  { justification, json }: Answering & { readonly justification: string },
): Promise<void> => {
  const read = await readPolicy(kind, file);
  await withApp(loadConfig(), async (app) => {
    const { request } = required(
      await app.approvals.submitPolicy(asSystem('cli', app.newId()), kind, { ...read, justification }),
    );
    const levels = request.levels.map(({ role, line, quorum }) => `${quorum} of ${role ?? line ?? ''}`);
    say(`${request.number} waits for ${levels.join(', then ')}`);
    if (json) sayJson({ number: request.number, levels });
  });
};

const runDiff = async (kind: PolicyKind, from: string, to: string, { json }: Answering): Promise<void> => {
  const isNumber = (text: string): boolean => /^\d+$/.test(text);
  const fromFile = async (file: string): Promise<Json> =>
    required(parsePolicy(kind, (await readPolicy(kind, file)).content));
  const [before, after] =
    isNumber(from) || isNumber(to)
      ? await withApp(loadConfig(), (app) =>
          Promise.all(
            [from, to].map(async (one) =>
              isNumber(one) ? ((await published(app, kind, one)).content as Json) : fromFile(one),
            ),
          ),
        )
      : await Promise.all([fromFile(from), fromFile(to)]);
  const differences = diffPolicy(before ?? null, after ?? null);
  if (json) return sayJson({ differences });
  for (const { path, before: was, after: is } of differences)
    say(`${path}: ${JSON.stringify(was)} → ${JSON.stringify(is)}`);
  if (differences.length === 0) say('they say the same');
};
