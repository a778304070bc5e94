/**
 * The map of a customer file: which column fills which field. What the maps of all kinds have in common stands here too.
 * A map names columns as the file does; it never holds code.
 */
import { z } from 'zod';
import type { CustomerField } from './customer';

const text = z.string().trim().min(1).max(200);

/** What every map says about its file. */
export const FILE_KEYS = {
  /** Who supplied the data; values from different sources stand side by side. */
  source: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u, 'a source is up to 80 letters, digits, spaces, dots, dashes'),
  encoding: z.enum(['utf-8', 'utf-16', 'gb18030']).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
} as const;

export const columnName = text;

/** Fields as maps call them: the register's own, with people and units by the names that files know. */
const MAP_FIELDS = {
  number: 'number',
  kind: 'kind',
  nameZh: 'nameZh',
  nameEn: 'nameEn',
  shortName: 'shortName',
  creditCode: 'creditCode',
  lei: 'lei',
  industry: 'industryCode',
  region: 'region',
  size: 'size',
  stage: 'stage',
  owner: 'owner',
  orgUnit: 'orgUnit',
} as const satisfies Record<string, CustomerField | 'owner' | 'orgUnit'>;
type MapField = keyof typeof MAP_FIELDS;
const mapField = z.enum(Object.keys(MAP_FIELDS) as [MapField, ...MapField[]]);

const cellText = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

const customerMap = z.strictObject({
  kind: z.literal('customers'),
  ...FILE_KEYS,
  columns: z
    .array(
      z.strictObject({
        column: columnName,
        field: mapField,
        /** Cell text to stored value; cells that it does not name go through as they are. */
        values: z.record(z.string(), cellText).optional(),
      }),
    )
    .min(1)
    .max(100),
  /** For fields without a column, or whose cell is blank in a row. */
  defaults: z.partialRecord(mapField, cellText).default({}),
});

/** Schema of a customer map; each field is filled once, and the number always. */
export const CUSTOMER_MAP = customerMap.superRefine((map, context) => {
  const seen = new Set<string>();
  map.columns.forEach(({ field }, index) => {
    if (seen.has(field)) {
      context.addIssue({ code: 'custom', path: ['columns', index, 'field'], message: `${field} is filled twice` });
    }
    seen.add(field);
  });
  if (!seen.has('number')) {
    context.addIssue({ code: 'custom', path: ['columns'], message: 'no column fills the field number' });
  }
});
export type CustomerMap = z.infer<typeof CUSTOMER_MAP>;

export type CustomerRowField = (typeof MAP_FIELDS)[MapField];
export type CustomerRowInput = { readonly [Field in CustomerRowField]?: string };

/** Column of each field, for messages. */
export const columnsByField = (map: CustomerMap): Partial<Record<CustomerRowField, string>> =>
  Object.fromEntries(map.columns.map(({ column, field }) => [MAP_FIELDS[field], column]));

/** Fills the fields from the cells of one row. */
export const readCustomerCells = (map: CustomerMap, cell: (column: string) => string): CustomerRowInput => {
  const input: { [Field in CustomerRowField]?: string } = {};
  for (const { column, field, values } of map.columns) {
    const raw = cell(column).trim();
    input[MAP_FIELDS[field]] = values !== undefined && Object.hasOwn(values, raw) ? values[raw] : raw;
  }
  for (const [field, value] of Object.entries(map.defaults)) {
    const name = MAP_FIELDS[field as MapField];
    if ((input[name] ?? '') === '') input[name] = value;
  }
  return input;
};
