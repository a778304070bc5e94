/** `tierwarden override-report`: overrides by direction, reason and person, and what became of the customers. It changes nothing. */
import type { Command } from 'commander';
import { asSystem, required } from '../../src/app';
import { loadConfig } from '../../src/config';
import type { Json } from '../../src/kernel/canonical-json';
import type { OverrideReport } from '../../src/validation';
import { say, sayJson, UsageError } from '../output';
import { withApp } from '../with-app';

interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
  readonly signed?: true;
}

export const register = (program: Command): void => {
  program
    .command('override-report')
    .description('tell how overrides fared, by direction, reason and person')
    .option('--from <day>', 'in effect from this day on, such as 2026-01-01')
    .option('--to <day>', 'in effect before this day')
    .option('--json', 'one JSON object instead: {total, groups}')
    .option('--signed', 'a note instead, with period and figures, signed with the keys of the audit log')
    .action(runReport);
};

const runReport = async ({ from, to, json, signed }: ReportOptions): Promise<void> => {
  const period = { from: dayOf('--from', from), to: dayOf('--to', to) };
  await withApp(loadConfig(), async (app) => {
    const { actor } = asSystem('cli', app.newId());
    const report = required(await app.validation.queries.overrideReport(actor, period));
    if (signed === true) {
      const said = { from: from ?? null, to: to ?? null, report: report as unknown as Json };
      const note = await app.audit.log.statements.sign('override report', app.clock(), said);
      if (note === null) throw new UsageError('no key of the audit log is here to sign with');
      process.stdout.write(note);
    } else if (json === true) sayJson(report);
    else reportLines(report).forEach((line) => say(line));
  });
};

const dayOf = (option: string, text: string | undefined): Date | null => {
  if (text === undefined) return null;
  const day = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(day.getTime())) {
    throw new UsageError(`${option} takes a day such as 2026-01-01`);
  }
  return day;
};

/** Lines of the table, the total last. */
const reportLines = ({ total, groups }: OverrideReport): string[] => {
  const rows = [
    ['by', '', 'overrides', 'known', 'bad', 'borne out', 'refuted'],
    ...[...groups, { ...total, view: 'ALL', key: '', name: null }].map((group) => [
      group.view.toLowerCase(),
      group.name ?? group.key,
      ...[group.overrides, group.known, group.bad, group.borneOut, group.refuted].map(String),
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
};
