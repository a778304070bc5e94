/** The schema and the read models say the same: what can be asked for is served, and what is served can be asked for. */
import { buildSchema, isObjectType, type GraphQLSchema } from 'graphql';
import { createSchema } from '../../graphql/schema';
import { computed, connection, identity, many, one, text, type ReadModel } from '../../src/platform/read-model';
import { useApi } from '../support/api';
import { misfits } from './read-rules';

const api = useApi('empty');

const VALUES = [
  'AppliedCap',
  'AppliedRule',
  'ApprovalLevel',
  'AttestationAnswer',
  'AttestationProposal',
  'BreakGlassReviewProposal',
  'CalculationLog',
  'CalculationLogRow',
  'CharacteristicCutPoints',
  'CreditLimitProposal',
  'CustomersAmount',
  'DelegationProposal',
  'DimensionScore',
  'ErasureProposal',
  'Evidence',
  'GradeCount',
  'GradeCrossing',
  'GradeLevelCount',
  'GradeMoveCount',
  'GradeOverrideProposal',
  'GradeReport',
  'GradeUpgradeProposal',
  'GradeValue',
  'GroupExposure',
  'HeldGradesProposal',
  'IndicatorDefinition',
  'InputOverrideProposal',
  'LifeCycleFact',
  'LifeCycleRule',
  'LifetimeInputs',
  'Lift',
  'LiftStep',
  'LimitCrossings',
  'LimitPolicyCrossings',
  'LimitUnfreezeProposal',
  'MatchedComplaintRule',
  'Money',
  'ParkedReason',
  'PeerDistance',
  'PolicyText',
  'PolicyVersionImpact',
  'PolicyVersionProposal',
  'PortfolioWhatIf',
  'PortfolioBandCount',
  'ProposedChange',
  'RatingNote',
  'RatingRunProposal',
  'RoleGrantProposal',
  'RunFigures',
  'ScoreBin',
  'ScoreDrift',
  'ScorecardFinding',
  'ScorecardVersionImpact',
  'ScorecardVersionProposal',
  'SimulatedImpact',
  'Suggestion',
  'TextsToSign',
  'TermCrossing',
  'TierCrossing',
  'TreatmentPlan',
  'ValuePartCuts',
  'ValuePartScore',
  'ViewerAction',
  'VoteSignature',
];

const ANSWERS = [
  'AuditCheckpoint',
  'AuditCompleteness',
  'AuditConsistency',
  'AuditRecordVersion',
  'CampaignPoint',
  'CampaignTarget',
  'ComplaintRule',
  'ComplaintRules',
  'ContributionChange',
  'CreditCheck',
  'CustomerWhatIf',
  'DueMonth',
  'DecisionResult',
  'DutyConflict',
  'AuditSearch',
  'Attestation',
  'GradeOutcome',
  'GradePower',
  'IndicatorSource',
  'IndicatorSourceMonth',
  'LimitChange',
  'OverrideFigures',
  'OverrideGroup',
  'OverrideReport',
  'FailedPolicyCase',
  'PageInfo',
  'PolicyCheck',
  'PolicyDifference',
  'PolicyFinding',
  'PolicySentence',
  'PersonalData',
  'RankPower',
  'RatingCampaign',
  'RowRefusalCount',
  'ReratingFigures',
  'ScorecardChange',
  'SigningKey',
  'SigningKeyChallenge',
  'TotalCount',
  'UserError',
  'Viewer',
  'WhatIfSide',
];
const EVENTS = ['InboxChange', 'RequestChange', 'RunProgress', 'WarningRaised'];

const schema = createSchema();
const payloads = Object.values(schema.getMutationType()?.getFields() ?? {}).map(({ type }) =>
  String(type).replace('!', ''),
);

it('of this program', () => {
  const found = misfits({
    schema,
    models: api.app.reads.models,
    values: VALUES,
    answers: [...ANSWERS, ...EVENTS, ...payloads],
    // Everybody belongs somewhere, and who may read the one may read the other.
    neverNull: ['User.orgUnit'],
  });
  expect(found).toEqual([]);
});

it('no join of a model leaves out what leads to it', () => {
  const leavingOut = [...api.app.reads.models.values()].flatMap(({ name, joins = {} }) =>
    Object.entries(joins)
      .filter(([, join]) => !/^(LEFT JOIN|CROSS JOIN LATERAL)\b/.test(join('t')) || /\n\s*JOIN\b[^)]*$/.test(join('t')))
      .map(([join]) => `${name}.${join}`),
  );
  expect(leavingOut).toEqual([]);
});

describe('each rule bites', () => {
  const model = (name: string, fields: ReadModel['fields']): [string, ReadModel] => [
    name,
    { name, table: () => 'x', key: 'id', mayRead: () => true, fields },
  ];
  const SDL = `
    type Query { a: A, stray: Stray, made: Made }
    type A { id: ID, b: B, bs: [B!]!, page: BConnection, told: Told, own: Int, spare: Int }
    type B { id: ID }
    type BConnection { nodes: [B!]!, edges: [BEdge!]!, pageInfo: PageInfo }
    type BEdge { node: B }
    type PageInfo { more: Boolean }
    type Told { part: Part, more: [Other!] }
    type Part { value: Int }
    union Other = Left | Right
    type Left { value: Int }
    type Right { value: Int }
    type Made { value: Int }
    type Stray { value: Int }
  `;
  const on = (): string => 'true';
  const SOUND: ReadModel['fields'] = {
    id: identity,
    b: one('B', on),
    bs: many('B', on, () => 'id'),
    page: connection('B', on, () => []),
    told: computed({}, () => null),
    spare: text('spare'),
  };
  const VALUES_OF_SDL = ['Told', 'Part', 'Left', 'Right'];

  const resolved = (sdl = SDL): GraphQLSchema => {
    const built = buildSchema(sdl);
    const resolve = (): null => null;
    for (const field of Object.values(built.getQueryType()?.getFields() ?? {})) field.resolve = resolve;
    const a = built.getType('A');
    const own = isObjectType(a) ? a.getFields()['own'] : undefined;
    if (own !== undefined) own.resolve = resolve;
    return built;
  };
  const check = (
    changes: Partial<{
      sdl: string;
      a: ReadModel['fields'];
      more: [string, ReadModel][];
      values: string[];
      answers: string[];
      neverNull: string[];
    }>,
  ): string[] =>
    misfits({
      schema: resolved(changes.sdl),
      models: new Map([model('A', changes.a ?? SOUND), model('B', { id: identity }), ...(changes.more ?? [])]),
      values: changes.values ?? VALUES_OF_SDL,
      answers: changes.answers ?? ['Made', 'Stray', 'PageInfo'],
      neverNull: changes.neverNull ?? [],
    });
  const { spare: _, ...withoutSpare } = SOUND;

  it('and what is sound passes', () => expect(check({})).toEqual([]));

  it.each<[string, Parameters<typeof check>[0], string[]]>([
    ['a field that nobody serves', { a: withoutSpare }, ['A.spare is not served by the model A']],
    ['a field that nobody can ask for', { a: { ...SOUND, ghost: text('x') } }, ['A.ghost cannot be asked for']],
    [
      'a field behind a resolver',
      { a: { ...SOUND, own: text('own') } },
      ['A.own has a resolver, and a field of the model that it hides'],
    ],
    ['a model without a type', { more: [model('C', {})] }, ['the model C is of no type']],
    ['a link to nowhere', { a: { ...SOUND, b: one('Z', on) } }, ['A.b leads to the model Z, which is not there']],
    [
      'one where there are many',
      { a: { ...SOUND, bs: one('B', on) } },
      ['A.bs is read as one, which its type is not', 'A.bs is never null, though not by rule'],
    ],
    [
      'many where there are pages',
      { a: { ...SOUND, page: many('B', on, () => 'id') } },
      ['A.page is read as many, which its type is not'],
    ],
    [
      'pages where there is one',
      { a: { ...SOUND, b: connection('B', on, () => []) } },
      ['A.b is read as connection, which its type is not'],
    ],
    [
      'a second type for one model',
      { sdl: SDL.replace('b: B,', 'b: Made,') },
      ['A.b makes objects of B a second type, Made'],
    ],
    ['a link that is never null', { sdl: SDL.replace('b: B,', 'b: B!,') }, ['A.b is never null, though not by rule']],
    ['an exception that is none', { neverNull: ['A.b'] }, ['A.b is null at times, though not by rule']],
    ['a value that is not named', { values: VALUES_OF_SDL.slice(1) }, ['Told is an unnamed value']],
    [
      'a name that is no value',
      { values: [...VALUES_OF_SDL, 'Stray'], answers: ['Made', 'PageInfo'] },
      ['Stray is no value of a model, though named as one'],
    ],
    ['a type of nobody', { answers: ['Made', 'PageInfo'] }, ['Stray is served by nobody']],
    ['an answer that is a model', { answers: ['Made', 'Stray', 'PageInfo', 'B'] }, ['B is no answer of a resolver']],
    ['an answer that is not there', { answers: ['Made', 'Stray', 'PageInfo', 'Q'] }, ['Q is no answer of a resolver']],
  ])('%s', (_, changes, expected) => expect(check(changes)).toEqual(expected));

  it('a root field without a resolver', () => {
    const found = misfits({
      schema: buildSchema('type Query { a: Int }'),
      models: new Map(),
      values: [],
      answers: [],
      neverNull: [],
    });
    expect(found).toEqual(['Query.a has no resolver']);
  });
});
