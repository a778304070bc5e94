/** Reads one row of an indicator file by its map: which customer, which day, which values, or every cell that is wrong. */
import { Decimal } from '../../kernel/decimal';
import { rowRefusal, type RowCode, type RowRefusal } from '../../customers/domain/import-row';
import { indicatorOf, type IndicatorDefinition } from './dictionary';
import { customerNumber, fill, keyColumns, powerOf, type IndicatorMap, type Measure } from './import-map';
import { isFuture, parseDate } from './parse-date';
import { parseValue } from './parse-value';
import { plain, rangeFault, type ExactValues, type SnapshotContent } from './snapshot';

export interface IndicatorRow {
  readonly line: number;
  /** Number of the customer. */
  readonly number: string;
  /** Name for a customer that has to be registered first. */
  readonly name: string | null;
  readonly content: SnapshotContent;
}

export type RowReadingOutcome = { readonly row: IndicatorRow } | { readonly refusals: readonly RowRefusal[] };

/** `now` bounds the as-of dates. Every wrong cell of the row is named, not only the first. */
export const readRow = (
  map: IndicatorMap,
  position: { readonly line: number; readonly row: number },
  cell: (column: string) => string,
  now: Date,
): RowReadingOutcome => {
  const refusals: RowRefusal[] = [];
  const refuseCell = (column: string | null, code: RowCode, value: string): void => {
    refusals.push(rowRefusal(position.line, column, code, value));
  };
  const number = customerNumber(map, position.row, cell);
  const [keyColumn] = keyColumns(map);
  if (number === '') refuseCell(keyColumn ?? null, 'REQUIRED', '');

  const day = readDay(map, cell);
  if (day.date === null) refuseCell(day.column, 'NOT_A_DATE', day.text);
  else if (isFuture(day.date, now)) refuseCell(day.column, 'FUTURE_DATE', day.text);

  const values: Record<string, string> = {};
  for (const { column, indicator, unit } of map.columns) {
    const text = cell(column);
    const reading = readValue(indicatorOf(indicator), unit, text);
    if (reading === null) continue;
    if ('code' in reading) refuseCell(column, reading.code, text);
    else values[indicator] = reading.value;
  }
  if (refusals.length === 0 && Object.keys(values).length === 0) refuseCell(null, 'NO_VALUES', '');
  if (refusals.length > 0 || day.date === null) return { refusals };
  const scaled = map.columns.some(({ unit }) => unit === 'scaled');
  return {
    row: {
      line: position.line,
      number,
      name: map.customer.create === undefined ? null : fill(map.customer.create.name, position.row, cell),
      content: {
        asOf: day.date,
        source: map.source,
        quality: scaled ? 'SCALED' : (map.quality ?? 'REPORTED'),
        values: values satisfies ExactValues,
      },
    },
  };
};

const readDay = (
  map: IndicatorMap,
  cell: (column: string) => string,
): { readonly date: string | null; readonly column: string | null; readonly text: string } => {
  if (typeof map.asOf === 'string') return { date: map.asOf, column: null, text: map.asOf };
  const text = cell(map.asOf.column);
  return { date: parseDate(text), column: map.asOf.column, text };
};

/** The value in the indicator's unit, null for a missing one. */
const readValue = (
  indicator: IndicatorDefinition,
  measure: Measure,
  text: string,
): { readonly value: string } | { readonly code: RowCode } | null => {
  const parsed = parseValue(text);
  if (parsed.kind === 'MISSING') return null;
  if (parsed.kind === 'REFUSED') return { code: parsed.fault };
  if (parsed.mark === 'PERCENT' && indicator.unit !== 'RATIO') return { code: 'UNIT_CONFLICT' };
  if (parsed.mark === 'MONEY' && indicator.unit !== 'CNY') return { code: 'UNIT_CONFLICT' };
  if (parsed.mark !== null && measure === 'scaled') return { code: 'UNIT_CONFLICT' };
  // A cell that says 12% in a column of percent says the same thing twice; any other scale would count twice.
  if (parsed.scaled && measure !== 'plain' && !(parsed.mark === 'PERCENT' && measure === 'percent')) {
    return { code: 'UNIT_CONFLICT' };
  }
  const power = parsed.scaled ? 0 : powerOf(measure);
  const value = power === 0 ? parsed.value : parsed.value.times(Decimal.pow(10, power));
  const fault = measure === 'scaled' ? null : rangeFault(indicator, value);
  return fault === null ? { value: plain(value) } : { code: fault };
};
