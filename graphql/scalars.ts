/** Scalars of the contract: money and points travel as exact decimals, never as floats; days are not moments. */
import { GraphQLScalarType, Kind } from 'graphql';
import { DateTimeResolver, JSONObjectResolver, JSONResolver } from 'graphql-scalars';
import { Decimal, parseDecimal } from '../src/kernel/decimal';
import { fault } from './faults';

export const DateTimeScalar = DateTimeResolver;
export const JsonScalar = JSONResolver;
export const JsonObjectScalar = JSONObjectResolver;

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

const day = (value: unknown): string => {
  if (typeof value === 'string' && ISO_DAY.test(value)) {
    const moment = new Date(`${value}T00:00:00Z`);
    if (!Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(value)) return value;
  }
  throw fault('BAD_USER_INPUT', `not a day of the form YYYY-MM-DD: ${JSON.stringify(value)}`, {
    reason: 'INVALID_DATE',
  });
};

export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A day of the calendar, YYYY-MM-DD, without time or zone.',
  serialize: day,
  parseValue: day,
  parseLiteral: (node) => day(node.kind === Kind.STRING ? node.value : null),
});

const decimal = (value: unknown): Decimal => {
  const parsed = typeof value === 'string' ? parseDecimal(value) : null;
  if (parsed !== null) return parsed;
  throw fault('BAD_USER_INPUT', 'not a plain decimal of at most 38 digits, written as a string', {
    reason: 'INVALID_DECIMAL',
  });
};

export const DecimalScalar = new GraphQLScalarType<Decimal, string>({
  name: 'Decimal',
  description: 'An exact decimal as a string, for example "1250000.00"; at most 38 digits, no exponent.',
  serialize: (value) => (value instanceof Decimal ? value.toFixed() : decimal(value).toFixed(placesOf(value))),
  parseValue: decimal,
  parseLiteral: (node) => decimal(node.kind === Kind.STRING ? node.value : null),
});

/** Stored texts keep their trailing zeros: "12.50" stays as it is. */
const placesOf = (value: unknown): number => (typeof value === 'string' ? (value.split('.')[1]?.length ?? 0) : 0);
