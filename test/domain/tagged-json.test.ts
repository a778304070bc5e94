import fc from 'fast-check';
import { fromTagged, toTaggedJson } from '../../src/kernel/tagged-json';

const roundTrip = (value: unknown): unknown => fromTagged(JSON.parse(toTaggedJson(value)));

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    // JSON knows one zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: 'binary' }),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$date', '$$date', '$', '__proto__')), tie('value')),
  ),
})).value;

it('comes back as it was, moments as moments and tags as texts', () => {
  fc.assert(
    fc.property(plain, (value) => {
      expect(roundTrip(value)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

it('keeps the order of keys', () => {
  expect(Object.keys(roundTrip({ b: 1, a: 2, $c: 3 }) as object)).toEqual(['b', 'a', '$c']);
});

class Amount {
  readonly units = 1;
}

it.each([
  ['a class of its own', new Amount()],
  ['a map', new Map([[1, 2]])],
  ['no number', Number.NaN],
  ['no end', Number.POSITIVE_INFINITY],
  ['a big integer', 1n],
  ['a function', () => 1],
  ['nothing', undefined],
  ['a moment that is none', new Date('never')],
])('refuses %s, wherever it stands', (_, value) => {
  expect(() => toTaggedJson([value])).toThrow();
  if (value !== undefined) expect(() => toTaggedJson({ inside: { it: value } })).toThrow();
});
