/** Scalars of the contract: money and points travel as exact decimals, never as floats; days are not moments. */
import { GraphQLScalarType, Kind } from 'graphql';
import { DateTimeResolver, JSONObjectResolver, JSONResolver } from 'graphql-scalars';
import { Decimal, parseDecimal } from '../src/kernel/decimal';
import { fault } from './faults';

/** As graphql-scalars reads it; reads answer with moments that are ISO text already. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  ...DateTimeResolver.toConfig(),
  serialize: (value) => (typeof value === 'string' ? value : DateTimeResolver.serialize(value).toISOString()),
});
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
  serialize: (value) => (typeof value === 'string' && ISO_DAY.test(value) ? value : day(value)),
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

const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/;

export const DecimalScalar = new GraphQLScalarType<Decimal, string>({
  name: 'Decimal',
  description: 'An exact decimal as a string, for example "1250000.00"; at most 38 digits, no exponent.',
  serialize: (value) => {
    if (value instanceof Decimal) return value.toFixed();
    // Stored texts keep their trailing zeros: "12.50" stays as it is.
    return typeof value === 'string' && PLAIN_DECIMAL.test(value) ? value : decimal(value).toFixed();
  },
  parseValue: decimal,
  parseLiteral: (node) => decimal(node.kind === Kind.STRING ? node.value : null),
});
