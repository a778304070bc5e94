/**
 * JSON that keeps moments: a Date travels as `{"$date": …}` and comes back as a Date, everything else as it is. What would
 * come back as something else is refused, so nothing is lost unnoticed.
 */
const DATE = '$date';

/** Throws a TypeError on anything but plain objects, arrays, Dates, texts, finite numbers, booleans and null. */
export const toTaggedJson = (value: unknown): string => JSON.stringify(tagged(value));

/** Inverse of {@link toTaggedJson}, from the parsed text. */
export const fromTagged = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(fromTagged);
  if (typeof value !== 'object' || value === null) return value;
  const moment = (value as Record<string, unknown>)[DATE];
  if (typeof moment === 'string') return new Date(moment);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.startsWith('$$') ? key.slice(1) : key, fromTagged(inner)]),
  );
};

const tagged = (value: unknown): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      break;
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return { [DATE]: value.toISOString() };
      if (Array.isArray(value)) return value.map(tagged);
      if (isPlain(value)) return taggedObject(value);
      break;
    default:
  }
  throw new TypeError(`a value cannot be kept as JSON: ${String(value)}`);
};

/** Keys that begin like the tag get a second `$` in front; what is undefined is left out, as in plain JSON. */
const taggedObject = (value: object): object =>
  Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      inner === undefined ? [] : [[key.startsWith('$') ? `$${key}` : key, tagged(inner)]],
    ),
  );

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};
