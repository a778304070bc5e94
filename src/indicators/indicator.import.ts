/** Brings files of indicator values in: what a row means and when two rows speak of the same customer and day. */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import type { Clock } from '../kernel/clock';
import type { Result } from '../kernel/result';
import { runImport, type ImportDeps, type ImportOptions, type ImportSummary, type RowRefusal } from '../customers';
import { permit } from '../identity';
import { readYamlFile } from '../platform/yaml-source';
import { contentDigest } from './domain/snapshot';
import { columnsRead, INDICATOR_MAP, keyColumns, type IndicatorMap } from './domain/import-map';
import { readRow, type IndicatorRow } from './domain/read-row';
import type { CreateCustomers, IndicatorCommands } from './indicator.commands';

export const readIndicatorMap = (path: string): Promise<Result<IndicatorMap>> => readYamlFile(path, INDICATOR_MAP);

export interface IndicatorImportDeps extends ImportDeps {
  readonly clock: Clock;
  readonly commands: Pick<IndicatorCommands, 'importCheckedRows' | 'judgeBatch'>;
}

/** Needs `indicator.import`, and `customer.write` where the map creates customers. Refuses what runImport refuses. */
export const createIndicatorImport =
  (deps: IndicatorImportDeps) =>
  async (
    by: Initiator,
    { file, map }: { readonly file: string; readonly map: IndicatorMap },
    options: ImportOptions = {},
  ): Promise<Result<ImportSummary>> => {
    const permitted = permit(by.actor, 'indicator.import');
    if (!permitted.ok) return permitted;
    const create = createOf(map);
    if (create !== undefined) {
      const mayCreate = permit(by.actor, 'customer.write');
      if (!mayCreate.ok) return mayCreate;
    }
    const now = deps.clock();
    const dryRun = options.dryRun ?? false;
    const [keyColumn = null] = keyColumns(map);
    const refused: RowRefusal['code'][] = [];
    const summary = await runImport<IndicatorRow>(deps, by, {
      kind: 'INDICATORS',
      file,
      source: map.source,
      mapDigest: digestOf(map),
      ...(map.encoding === undefined ? {} : { encoding: map.encoding }),
      ...(map.delimiter === undefined ? {} : { delimiter: map.delimiter }),
      columns: columnsRead(map),
      read: (position, cell) => {
        const reading = readRow(map, position, cell, now);
        if ('refusals' in reading) return reading;
        const { row } = reading;
        return { row, key: `${row.number} ${row.content.asOf}`, digest: contentDigest(row.content), keyColumn };
      },
      write: (rows, batch) =>
        deps.commands.importCheckedRows(by, {
          rows,
          source: map.source,
          batch,
          keyColumn,
          dryRun,
          ...(create === undefined ? {} : { create }),
        }),
      dryRun,
      onRefusals: async (refusals) => {
        for (const { code } of refusals) refused.push(code);
        await options.onRefusals?.(refusals);
      },
      onProgress: options.onProgress ?? (() => undefined),
    });
    if (!summary.ok || summary.value.batchId === null) return summary;
    const judged = await deps.commands.judgeBatch(by, { batchId: summary.value.batchId, source: map.source, refused });
    return judged.ok ? summary : judged;
  };

const createOf = ({ customer: { create } }: IndicatorMap): CreateCustomers | undefined =>
  create === undefined
    ? undefined
    : { kind: create.kind, industryCode: create.industry ?? null, region: create.region ?? null };
