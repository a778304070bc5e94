/**
 * Versions of rows as the log holds them: which row of which table an event speaks of, what it looked like afterwards, and the
 * digest that the same row in its table must have. Where rows are kept is not known here.
 */
import { sha256 } from '../../kernel/sha256';
import type { AuditEvent, WrittenRows } from './audit-event';

export interface RowVersion {
  readonly table: string;
  readonly key: string;
  /** Among all rows of the event, from 0. */
  readonly place: number;
  readonly op: WrittenRows['op'];
  readonly columns: readonly string[];
  readonly values: readonly (string | null)[];
}

/** Columns of the primary key, by table; of tables that are not named nothing is told. */
export type KeyColumns = ReadonlyMap<string, readonly string[]>;

/** The key itself where it is one column, else a JSON array of them. */
export const rowKey = (parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts);

export const rowVersionsOf = (event: Pick<AuditEvent, 'rows'>, keys: KeyColumns): RowVersion[] => {
  const versions: RowVersion[] = [];
  let place = 0;
  for (const { table, op, columns, rows } of event.rows ?? []) {
    const at = (keys.get(table) ?? []).map((column) => columns.indexOf(column));
    for (const values of rows) {
      if (at.length > 0 && !at.includes(-1)) {
        versions.push({ table, key: rowKey(at.map((i) => values[i] ?? '')), place, op, columns, values });
      }
      place += 1;
    }
  }
  return versions;
};

/** SHA-256 over the values as one JSON array, as the database's own tw_trail_row writes it; null where the row is gone. */
export const rowDigest = ({ op, values }: Pick<RowVersion, 'op' | 'values'>): Buffer | null =>
  op === 'delete' ? null : Buffer.from(sha256(Buffer.from(JSON.stringify(values))), 'latin1');

/** The row by column; null where it was deleted. */
export const stateOf = ({
  op,
  columns,
  values,
}: Pick<RowVersion, 'op' | 'columns' | 'values'>): Readonly<Record<string, string | null>> | null =>
  op === 'delete' ? null : Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]));
