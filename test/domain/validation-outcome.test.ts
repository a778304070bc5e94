/** Which of the claims that arrive are news: decided against what is known and against one another. */
import fc from 'fast-check';
import { decideOutcomes, isOutcomeEvent, outcomeKey, type OutcomeClaim } from '../../src/validation/domain/outcome';

const customerIds = new Map([
  ['A', 'id-a'],
  ['B', 'id-b'],
]);
const claim = (number: string, bad: boolean, observedOn = '2025-06-30'): OutcomeClaim => ({
  number,
  event: 'DEFAULT',
  bad,
  observedOn,
});
const key = (customerId: string, observedOn = '2025-06-30') => outcomeKey({ customerId, event: 'DEFAULT', observedOn });
const decide = (claims: readonly OutcomeClaim[], holding: ReadonlyMap<string, boolean> = new Map()) =>
  decideOutcomes(claims, { customerIds, holding, today: '2025-07-01' });

test.each<[string, OutcomeClaim[], [string, boolean][], { news: boolean[]; unchanged: number; rejected: string[] }]>([
  ['nothing', [], [], { news: [], unchanged: 0, rejected: [] }],
  ['unheard of', [claim('A', true)], [], { news: [true], unchanged: 0, rejected: [] }],
  ['known', [claim('A', true)], [[key('id-a'), true]], { news: [], unchanged: 1, rejected: [] }],
  ['corrected', [claim('A', false)], [[key('id-a'), true]], { news: [false], unchanged: 0, rejected: [] }],
  [
    'of another day',
    [claim('A', true, '2025-06-29')],
    [[key('id-a'), true]],
    { news: [true], unchanged: 0, rejected: [] },
  ],
  ['said twice', [claim('A', true), claim('A', true)], [], { news: [true], unchanged: 1, rejected: [] }],
  ['taken back', [claim('A', true), claim('A', false)], [], { news: [true, false], unchanged: 0, rejected: [] }],
  ['of today', [claim('A', true, '2025-07-01')], [], { news: [true], unchanged: 0, rejected: [] }],
  ['of tomorrow', [claim('A', true, '2025-07-02')], [], { news: [], unchanged: 0, rejected: ['FUTURE'] }],
  ['of no day', [claim('A', true, '2025-02-29')], [], { news: [], unchanged: 0, rejected: ['DATE'] }],
  ['of a day in other words', [claim('A', true, '30.6.2025')], [], { news: [], unchanged: 0, rejected: ['DATE'] }],
  [
    'of a stranger',
    [claim('X', true, 'never'), claim('B', true)],
    [],
    { news: [true], unchanged: 0, rejected: ['CUSTOMER'] },
  ],
])('%s', (_, claims, holding, expected) => {
  const { news, unchanged, rejected } = decide(claims, new Map(holding));
  expect({ news: news.map(({ bad }) => bad), unchanged, rejected: rejected.map(({ reason }) => reason) }).toEqual(
    expected,
  );
});

test('refusals name the position of their claim', () => {
  const { rejected } = decide([claim('A', true), claim('X', true), claim('B', true), claim('X', false)]);
  expect(rejected.map(({ index }) => index)).toEqual([1, 3]);
});

test('what was decided once is no news any more, and every claim is accounted for', () => {
  const claims = fc.array(
    fc.record({
      number: fc.constantFrom('A', 'B', 'X'),
      event: fc.constantFrom('DEFAULT' as const, 'BANKRUPTCY' as const),
      bad: fc.boolean(),
      observedOn: fc.constantFrom('2025-06-29', '2025-06-30', '2025-07-02'),
    }),
  );
  fc.assert(
    fc.property(claims, (drawn) => {
      const first = decide(drawn);
      expect(first.news.length + first.unchanged + first.rejected.length).toBe(drawn.length);
      const holding = new Map(first.news.map((fact) => [outcomeKey(fact), fact.bad]));
      const lastWords = [
        ...new Map(drawn.map((one) => [`${one.number} ${one.event} ${one.observedOn}`, one])).values(),
      ];
      expect(decide(lastWords, holding).news).toEqual([]);
    }),
  );
});

test.each([
  ['DEFAULT', true],
  ['BANKRUPTCY', true],
  ['default', false],
  ['', false],
])('event %s: %s', (text, expected) => expect(isOutcomeEvent(text)).toBe(expected));
