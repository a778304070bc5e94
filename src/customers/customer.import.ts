/** Brings files of parties into the register: what a row means and when two rows speak of the same party. */
import { digestOf } from '../kernel/canonical-json';
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import { permit } from '../identity';
import { readYamlFile } from '../platform/yaml-source';
import type { CustomerCommands, CustomerRow } from './customer.commands';
import { CUSTOMER_MAP, columnsByField, readCustomerCells, type CustomerMap } from './domain/import-map';
import { rowRefusal } from './domain/import-row';
import { runImport, type ImportDeps, type ImportOptions, type ImportSummary } from './import-batch.commands';

export const readCustomerMap = (path: string): Promise<Result<CustomerMap>> => readYamlFile(path, CUSTOMER_MAP);

export interface CustomerImportDeps extends ImportDeps {
  readonly commands: Pick<CustomerCommands, 'importCustomers'>;
}

/** Needs `customer.write`. Refuses what runImport refuses. */
export const createCustomerImport =
  (deps: CustomerImportDeps) =>
  async (
    by: Initiator,
    { file, map }: { readonly file: string; readonly map: CustomerMap },
    options: ImportOptions = {},
  ): Promise<Result<ImportSummary>> => {
    const permitted = permit(by.actor, 'customer.write');
    if (!permitted.ok) return permitted;
    const columns = columnsByField(map);
    const keyColumn = columns.number ?? null;
    const dryRun = options.dryRun ?? false;
    return runImport<CustomerRow>(deps, by, {
      kind: 'CUSTOMERS',
      file,
      source: map.source,
      mapDigest: digestOf(map),
      ...(map.encoding === undefined ? {} : { encoding: map.encoding }),
      ...(map.delimiter === undefined ? {} : { delimiter: map.delimiter }),
      columns: map.columns.map(({ column }) => column),
      read: ({ line }, cell) => {
        const input = readCustomerCells(map, cell);
        const key = input.number?.normalize('NFC') ?? '';
        if (key === '') return { refusals: [rowRefusal(line, keyColumn, 'REQUIRED', '')] };
        return { row: { line, input }, key, digest: digestOf(input), keyColumn };
      },
      write: (rows, batch) => deps.commands.importCustomers(by, { rows, source: map.source, batch, columns, dryRun }),
      dryRun,
      onRefusals: options.onRefusals ?? (async () => undefined),
      onProgress: options.onProgress ?? (() => undefined),
    });
  };
