/**
 * The map of an indicator file: which column holds which indicator in which measure, which customer a row is about, and
 * which day it tells of. A map names columns as the file does; it never holds code.
 */
import { z } from 'zod';
import { columnName, FILE_KEYS } from '../../customers/domain/import-map';
import { findIndicator, type IndicatorUnit } from './dictionary';
import { parseDate } from './parse-date';
import { isOwnSource } from './precedence';
import { QUALITIES } from './snapshot';

/**
 * Measures of a column, as powers of ten of the indicator's own unit. `plain` is the unit itself; `scaled` is a measure of
 * the source's own, which is taken over unconverted and without a range check.
 */
const MEASURES = {
  plain: 0,
  percent: -2,
  permille: -3,
  thousand: 3,
  'ten-thousand': 4,
  million: 6,
  'hundred-million': 8,
  scaled: 0,
} as const;
export type Measure = keyof typeof MEASURES;

/** The field's own words for the same measures. */
const MEASURE_ALIASES: Readonly<Record<string, Measure>> = {
  百分比: 'percent',
  千元: 'thousand',
  万元: 'ten-thousand',
  百万元: 'million',
  亿元: 'hundred-million',
};

export const powerOf = (measure: Measure): number => MEASURES[measure];

const FITTING_UNITS: Readonly<Record<Measure, readonly IndicatorUnit[] | 'ALL'>> = {
  plain: 'ALL',
  scaled: 'ALL',
  percent: ['RATIO'],
  permille: ['RATIO'],
  thousand: ['CNY', 'COUNT'],
  'ten-thousand': ['CNY', 'COUNT'],
  million: ['CNY', 'COUNT'],
  'hundred-million': ['CNY', 'COUNT'],
};

const measure = z
  .string()
  .transform((text) => MEASURE_ALIASES[text] ?? text)
  .pipe(z.enum(Object.keys(MEASURES) as [Measure, ...Measure[]]));

const date = z
  .string()
  .transform((text) => parseDate(text) ?? text)
  .refine((text) => parseDate(text) === text, 'is not a calendar date like 2025-12-31');

const inColumn = z.strictObject({ column: columnName });

/** `{row}` stands for the position of the row behind the header, `{Column name}` for a cell. */
const template = z.string().min(1).max(200);

const text = z.string().trim().min(1).max(200);

const indicatorMap = z.strictObject({
  kind: z.literal('indicators'),
  ...FILE_KEYS,
  /** One day for the whole file, or a column that holds it. */
  asOf: z.union([date, inColumn]),
  quality: z.enum(QUALITIES).exclude(['SCALED']).optional(),
  customer: z.strictObject({
    key: z.union([z.strictObject({ template }), inColumn]),
    /** Registers customers that are not there yet; without it their rows are refused. */
    create: z
      .strictObject({
        name: template,
        industry: z
          .string()
          .regex(/^[A-Z][A-Z0-9_]{1,39}$/, 'an industry code is 2–40 capitals, digits and underscores')
          .optional(),
        region: z.string().trim().min(1).max(40).optional(),
        kind: z.enum(['CUSTOMER', 'SUPPLIER']).default('CUSTOMER'),
      })
      .optional(),
  }),
  columns: z
    .array(z.strictObject({ column: columnName, indicator: text, unit: measure.default('plain') }))
    .min(1)
    .max(500),
  /** What became of the customers: for validation, never an input of a rating. */
  outcome: z
    .strictObject({
      column: columnName,
      event: z.string().regex(/^[A-Z][A-Z_]{1,39}$/, 'an event is capitals and underscores'),
      bad: z.array(z.union([z.string(), z.number().transform(String)])).min(1),
      observedOn: date,
    })
    .optional(),
});

export const INDICATOR_MAP = indicatorMap.superRefine((map, context) => {
  if (isOwnSource(map.source)) {
    context.addIssue({ code: 'custom', path: ['source'], message: `nobody else speaks as ${map.source}` });
  }
  const seen = new Set<string>();
  map.columns.forEach(({ column, indicator: code, unit }, index) => {
    const say = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: ['columns', index, key], message });
    };
    const indicator = findIndicator(code);
    if (indicator === undefined) return say('indicator', `the dictionary has no indicator ${code}`);
    if (seen.has(code)) say('indicator', `${code} is filled twice`);
    seen.add(code);
    const fitting = FITTING_UNITS[unit];
    if (fitting !== 'ALL' && !fitting.includes(indicator.unit)) {
      say('unit', `${unit} does not fit ${code}, which is in ${indicator.unit}`);
    }
    if (column === map.outcome?.column) say('column', 'the outcome column is never an indicator');
  });
  const scaled = map.columns.filter(({ unit }) => unit === 'scaled').length;
  if (scaled !== 0 && scaled !== map.columns.length) {
    context.addIssue({
      code: 'custom',
      path: ['columns'],
      message: 'scaled and other columns do not go into one snapshot',
    });
  }
});
export type IndicatorMap = z.infer<typeof INDICATOR_MAP>;

/** Columns that the import reads; the outcome column is not one of them. */
export const columnsRead = (map: IndicatorMap): string[] => [
  ...new Set([
    ...keyColumns(map),
    ...(typeof map.asOf === 'string' ? [] : [map.asOf.column]),
    ...placeholdersOf(map.customer.create?.name ?? ''),
    ...map.columns.map(({ column }) => column),
  ]),
];

/** Columns that tell which customer a row is about. */
export const keyColumns = ({ customer: { key } }: IndicatorMap): string[] =>
  'column' in key ? [key.column] : placeholdersOf(key.template);

/** Number of the customer that a row is about; empty when its cells are. */
export const customerNumber = (
  { customer: { key } }: IndicatorMap,
  row: number,
  cell: (column: string) => string,
): string => ('column' in key ? cell(key.column).trim() : fill(key.template, row, cell));

const PLACEHOLDER = /\{([^{}]+)\}/g;

const placeholdersOf = (pattern: string): string[] =>
  [...pattern.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').filter((name) => name !== 'row');

export const fill = (pattern: string, row: number, cell: (column: string) => string): string =>
  pattern.replace(PLACEHOLDER, (_, name: string) => (name === 'row' ? String(row) : cell(name).trim()));
