import { reportOverrides, type OverrideFate } from '../../src/validation/domain/override-report';

const [ANN, BEN, EVE] = ['Ann', 'Ben', 'Eve'].map((name) => ({ id: name.toLowerCase(), name })) as [
  Person,
  Person,
  Person,
];
interface Person {
  readonly id: string;
  readonly name: string;
}
const fate = (over: Partial<OverrideFate>): OverrideFate => ({
  modelGrade: 'A',
  toGrade: 'BB',
  reasonCode: 'MATERIAL_EVENT',
  requester: ANN,
  approvers: [BEN],
  laterGrade: 'A',
  bad: null,
  ...over,
});
const figures = (overrides: number, known: number, bad: number, borneOut: number, refuted: number) => ({
  overrides,
  known,
  bad,
  borneOut,
  refuted,
});

it.each<[string, Partial<OverrideFate>, object]>([
  ['nothing has happened yet', {}, figures(1, 0, 0, 0, 0)],
  ['the model came to the same', { laterGrade: 'BB' }, figures(1, 0, 0, 1, 0)],
  ['the model went beyond', { laterGrade: 'C' }, figures(1, 0, 0, 1, 0)],
  ['the model went half the way', { laterGrade: 'BBB' }, figures(1, 0, 0, 0, 0)],
  ['the model went the other way', { laterGrade: 'AA' }, figures(1, 0, 0, 0, 1)],
  ['upwards, borne out', { toGrade: 'AA', laterGrade: 'AAA' }, figures(1, 0, 0, 1, 0)],
  [
    'upwards, refuted, and the customer went bad',
    { toGrade: 'AA', laterGrade: 'B', bad: true },
    figures(1, 1, 1, 0, 1),
  ],
  ['the customer did not go bad', { bad: false }, figures(1, 1, 0, 0, 0)],
  ['back to the model: nothing to bear out', { toGrade: 'A', laterGrade: 'C' }, figures(1, 0, 0, 0, 0)],
])('one override: %s', (_, over, total) => {
  expect(reportOverrides([fate(over)]).total).toEqual(total);
});

it('counts for each that had a hand in it, and those with most first', () => {
  const { total, groups } = reportOverrides([
    fate({ approvers: [BEN, EVE], bad: true }),
    fate({ requester: EVE, approvers: [BEN], toGrade: 'AA', reasonCode: 'GROUP_SUPPORT', bad: false }),
    fate({ requester: null, approvers: [] }),
  ]);
  expect(total).toEqual(figures(3, 2, 1, 0, 0));
  expect(groups.map(({ view, key, name, overrides, bad }) => [view, key, name, overrides, bad])).toEqual([
    ['DIRECTION', 'DOWN', null, 2, 1],
    ['DIRECTION', 'UP', null, 1, 0],
    ['REASON', 'MATERIAL_EVENT', null, 2, 1],
    ['REASON', 'GROUP_SUPPORT', null, 1, 0],
    ['REQUESTER', 'ann', 'Ann', 1, 1],
    ['REQUESTER', 'eve', 'Eve', 1, 0],
    ['APPROVER', 'ben', 'Ben', 2, 1],
    ['APPROVER', 'eve', 'Eve', 1, 1],
  ]);
});

it('is empty where nobody overrode anything', () => {
  expect(reportOverrides([])).toEqual({ total: figures(0, 0, 0, 0, 0), groups: [] });
});
