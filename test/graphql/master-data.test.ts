/** Master data through the API: parties are changed and related, and people and org units are found. */
import { useApi, type Answer, type Loose } from '../support/api';
import { asSystemActor, type Handle } from '../support/people';

const api = useApi('empty');

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const reasonOf = (answer: Answer): unknown => answer.errors[0]?.extensions['reason'];
const unknown = (type: string): string =>
  Buffer.from(`${type}:00000000-0000-7000-8000-000000000000`).toString('base64url');

let numbered = 0;
const register = async (input: Record<string, unknown> = {}): Promise<Loose> => {
  const number = `M-${++numbered}`;
  const answer = await api.ask('maker', 'register-customer', { input: { number, nameZh: '甲公司', ...input } });
  expect(answer.data.registerCustomer.userErrors).toEqual([]);
  return answer.data.registerCustomer.customer;
};

const userId = async (search: string): Promise<string> =>
  (await api.ask('maker', 'users', { where: { search } })).data.users.nodes[0].id as string;
const orgUnitId = async (code: string): Promise<string> =>
  (await api.ask('maker', 'org-units')).data.orgUnits.nodes.find((unit: Loose) => unit.code === code).id as string;

describe('changing a party', () => {
  const update = (customerId: string, changes: object, rest: object = {}, who: Handle = 'maker'): Promise<Answer> =>
    api.ask(who, 'update-customer', { input: { customerId, expectedVersion: 1, changes, ...rest } });

  it('null clears a field, and what is left out stays', async () => {
    const { id } = await register({
      nameEn: 'Alpha Ltd',
      shortName: '甲',
      region: '上海',
      size: 'SMALL',
      industryCode: 'RETAIL',
      creditCode: '91310112087994932F',
      ownerUserId: await userId('王芳'),
      orgUnitId: await orgUnitId('SALES-EAST'),
    });
    const cleared = (
      await update(id, { region: null, size: null, industryCode: null, ownerUserId: null, nameEn: null })
    ).data.updateCustomer;
    expect(cleared.userErrors).toEqual([]);
    expect(cleared.customer).toMatchObject({
      region: null,
      size: null,
      industry: null,
      owner: null,
      nameEn: null,
      nameZh: '甲公司',
      shortName: '甲',
      creditCode: '91310112087994932F',
      orgUnit: { code: 'SALES-EAST' },
      stage: 'ACQUISITION',
      kind: 'CUSTOMER',
      version: 2,
    });
  });

  it('answers with the customer as it stands and an event that holds what changed, and why', async () => {
    const { id } = await register({ region: '上海' });
    const answer = await update(
      id,
      { region: '北京', stage: 'GROWTH', kind: 'SUPPLIER', orgUnitId: await orgUnitId('RISK') },
      { reason: ' moved ' },
    );
    expect(answer.data.updateCustomer).toMatchObject({
      userErrors: [],
      customer: { region: '北京', stage: 'GROWTH', kind: 'SUPPLIER', orgUnit: { code: 'RISK' }, version: 2 },
      auditEvent: {
        action: 'customer.changed',
        before: { region: '上海', stage: 'ACQUISITION', kind: 'CUSTOMER', orgUnitId: null },
        after: { region: '北京', stage: 'GROWTH', kind: 'SUPPLIER', orgUnitId: expect.any(String) },
        reason: 'moved',
      },
    });
  });

  it('writes nothing where nothing would be different', async () => {
    const { id } = await register();
    const answer = await update(id, { nameZh: ' 甲公司 ', region: null });
    expect(answer.data.updateCustomer).toMatchObject({ userErrors: [], auditEvent: null, customer: { version: 1 } });
    expect((await update(id, {})).data.updateCustomer).toMatchObject({ userErrors: [], customer: { version: 1 } });
    const events = (await api.ask('auditor', 'audit-events', { where: { object: id } })).data.auditEvents.nodes;
    expect(events.map((event: Loose) => event.action)).toEqual(['customer.registered']);
  });

  it.each<[string, object, object, string, string[]]>([
    ['a version that is gone', { region: '北京' }, { expectedVersion: 9 }, 'STALE_VERSION', ['expectedVersion']],
    ['a cleared number', { number: null }, {}, 'REQUIRED', ['changes', 'number']],
    ['a blank number', { number: ' ' }, {}, 'REQUIRED.NUMBER', ['changes', 'number']],
    ['a cleared kind', { kind: null }, {}, 'REQUIRED', ['changes', 'kind']],
    ['a cleared stage', { stage: null }, {}, 'REQUIRED', ['changes', 'stage']],
    ['the last name cleared', { nameZh: null }, {}, 'REQUIRED.NAME', ['changes', 'nameZh']],
    ['a wrong LEI', { lei: '529900T8BM49AURSDO56' }, {}, 'INVALID.CHECK_DIGIT', ['changes', 'lei']],
    ['an industry that is not there', { industryCode: 'MAGIC' }, {}, 'NOT_FOUND.INDUSTRY', ['changes', 'industryCode']],
    [
      'a manager that is not there',
      { ownerUserId: unknown('User') },
      {},
      'NOT_FOUND.OWNER',
      ['changes', 'ownerUserId'],
    ],
    ['a unit that is not there', { orgUnitId: unknown('OrgUnit') }, {}, 'NOT_FOUND.ORG_UNIT', ['changes', 'orgUnitId']],
    ['a stage that is not next', { stage: 'DECLINE' }, {}, 'INVALID_STATE.STAGE_MOVE', ['changes', 'stage']],
    ['leaving without a reason', { stage: 'EXITED' }, { reason: ' ' }, 'REQUIRED.EXIT_REASON', ['reason']],
    ['a name longer than any form', { nameEn: 'x'.repeat(1_001) }, {}, 'OUT_OF_RANGE', ['changes', 'nameEn']],
    ['a reason longer than any form', {}, { reason: 'x'.repeat(1_001) }, 'OUT_OF_RANGE', ['reason']],
  ])('refuses %s, and says where', async (_, changes, rest, messageKey, field) => {
    const { id } = await register();
    const { customer, auditEvent, userErrors } = (await update(id, changes, rest)).data.updateCustomer;
    expect([customer, auditEvent]).toEqual([null, null]);
    expect(userErrors).toEqual([expect.objectContaining({ messageKey, field })]);
    expect((await api.ask('maker', 'customer', { id })).data.customer.version).toBe(1);
  });

  it('refuses a number that another party has, and a party that is not there', async () => {
    const [one, other] = [await register(), await register()];
    expect((await update(one.id, { number: other.number })).data.updateCustomer.userErrors).toMatchObject([
      { messageKey: 'ALREADY_EXISTS.NUMBER', field: ['changes', 'number'], params: { holder: other.number } },
    ]);
    expect((await update(unknown('Customer'), {})).data.updateCustomer.userErrors).toMatchObject([
      { messageKey: 'NOT_FOUND', field: ['customerId'] },
    ]);
    expect(reasonOf(await update(one.id, { ownerUserId: one.id }))).toBe('INVALID_ID');
  });

  it('of two changes at once from the same version one is told that it came late', async () => {
    const { id } = await register();
    const answers = await Promise.all([update(id, { region: '北京' }), update(id, { region: '广州' })]);
    const keys = answers.map((answer) => answer.data.updateCustomer.userErrors[0]?.messageKey ?? 'ok');
    expect(keys.sort()).toEqual(['STALE_VERSION', 'ok']);
  });

  it('is for those who write customers', async () => {
    const { id } = await register();
    expect(codeOf(await update(id, { region: '北京' }, {}, 'approver'))).toBe('FORBIDDEN');
    expect(codeOf(await update(id, { region: '北京' }, {}, 'auditor'))).toBe('FORBIDDEN');
  });
});

describe('relating parties', () => {
  const relate = (input: object, who: Handle = 'maker'): Promise<Answer> => api.ask(who, 'relate-customers', { input });
  const end = (relationId: string, reason = 'sold', who: Handle = 'maker'): Promise<Answer> =>
    api.ask(who, 'end-customer-relation', { input: { relationId, reason } });
  const relationsOf = async (id: string): Promise<Loose[]> =>
    (await api.ask('maker', 'related-parties', { id })).data.customer.relations;

  it('is seen from both ends, is found by its id, and ends', async () => {
    const [owner, owned] = [await register(), await register()];
    const { relation, auditEvent, userErrors } = (
      await relate({ fromId: owner.id, toId: owned.id, kind: 'SHAREHOLDER', share: '0.300' })
    ).data.relateCustomers;
    expect(userErrors).toEqual([]);
    expect(auditEvent.action).toBe('customer.related');
    expect(relation).toMatchObject({ kind: 'SHAREHOLDER', outgoing: true, other: { id: owned.id } });
    expect(Number(relation.share)).toBe(0.3);
    expect(await relationsOf(owner.id)).toMatchObject([{ id: relation.id, outgoing: true, other: { id: owned.id } }]);
    expect(await relationsOf(owned.id)).toMatchObject([{ id: relation.id, outgoing: false, other: { id: owner.id } }]);

    const node = (await api.ask(
      'approver',
      'query ($id: ID!) { node(id: $id) { ... on CustomerRelation { kind outgoing endedAt other { id } } } }',
      { id: relation.id },
    )) as Loose;
    expect(node.data.node).toEqual({ kind: 'SHAREHOLDER', outgoing: true, endedAt: null, other: { id: owned.id } });

    expect((await end(relation.id, ' ')).data.endCustomerRelation).toMatchObject({
      relation: null,
      userErrors: [{ messageKey: 'REQUIRED.REASON', field: ['reason'] }],
    });
    const ended = (await end(relation.id)).data.endCustomerRelation;
    expect(ended).toMatchObject({
      userErrors: [],
      relation: { id: relation.id, endedAt: api.test.clock().toISOString() },
    });
    expect(await relationsOf(owner.id)).toEqual([]);
    expect((await end(relation.id)).data.endCustomerRelation.userErrors).toMatchObject([
      { messageKey: 'INVALID_STATE.ALREADY_ENDED' },
    ]);
    const actions = (await api.ask('auditor', 'audit-events', { where: { object: owner.id } })).data.auditEvents.nodes;
    expect(actions.map((event: Loose) => [event.action, event.reason])).toEqual([
      ['customer.unrelated', 'sold'],
      ['customer.related', null],
      ['customer.registered', null],
    ]);
  });

  it('a mutual one is answered as it was asked for, whichever way round it is kept', async () => {
    const [one, other] = [await register(), await register()];
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      const { relation } = (await relate({ fromId: from.id, toId: to.id, kind: 'SAME_CONTROLLER' })).data
        .relateCustomers;
      expect(relation.other.id).toBe(to.id);
      await end(relation.id);
    }
  });

  it.each<[string, object, string, string[]]>([
    ['itself', { kind: 'GUARANTOR', toId: 'one' }, 'INVALID.SELF_RELATION', ['toId']],
    ['nobody', { kind: 'GUARANTOR', toId: unknown('Customer') }, 'NOT_FOUND', ['toId']],
    ['shareholder without a share', { kind: 'SHAREHOLDER' }, 'REQUIRED.SHARE', ['share']],
    ['shareholder of more than all', { kind: 'SHAREHOLDER', share: '1.1' }, 'OUT_OF_RANGE.SHARE', ['share']],
    ['guarantor with a share', { kind: 'GUARANTOR', share: '0.1' }, 'INVALID.SHARE_NOT_ALLOWED', ['share']],
  ])('refuses to make a party %s', async (_, input, messageKey, field) => {
    const [one, other] = [await register(), await register()];
    const { toId = other.id } = input as { toId?: string };
    const answer = await relate({ fromId: one.id, ...input, toId: toId === 'one' ? one.id : toId });
    expect(answer.data.relateCustomers).toMatchObject({ relation: null, userErrors: [{ messageKey, field }] });
  });

  it('is for those who write customers', async () => {
    const [one, other] = [await register(), await register()];
    const input = { fromId: one.id, toId: other.id, kind: 'PARENT' };
    expect(codeOf(await relate(input, 'approver'))).toBe('FORBIDDEN');
    const { relation } = (await relate(input)).data.relateCustomers;
    expect(codeOf(await end(relation.id, 'sold', 'auditor'))).toBe('FORBIDDEN');
    expect((await end(unknown('CustomerRelation'))).data.endCustomerRelation.userErrors).toMatchObject([
      { messageKey: 'NOT_FOUND', field: ['relationId'] },
    ]);
    expect(reasonOf(await end(one.id))).toBe('INVALID_ID');
  });
});

describe('users', () => {
  const found = async (where: object, who: Handle = 'maker'): Promise<string[]> =>
    (await api.ask(who, 'users', { where })).data.users.nodes.map((user: Loose) => user.displayName);

  it('page by name, each once, and are found again by their ids', async () => {
    const names: string[] = [];
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const answer: Answer = await api.ask('auditor', 'users', { first: 2, after });
      const { nodes, pageInfo, totalCount } = answer.data.users;
      expect(totalCount).toEqual({ count: 11, precision: 'EXACT' });
      names.push(...nodes.map((user: Loose) => user.displayName));
      ids.push(...nodes.map((user: Loose) => user.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(new Set(names).size).toBe(11);
    const again = await api.ask(
      'auditor',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { displayName } } }',
      { ids },
    );
    expect(again.data.nodes.map((user: Loose) => user.displayName)).toEqual(names);
  });

  it('are filtered by role, unit, activity and part of the name', async () => {
    expect(await found({ role: 'CHIEF_RISK_OFFICER' })).toEqual(['周敏 Zhou Min']);
    expect(await found({ orgUnit: await orgUnitId('IT') })).toEqual(['吴刚 Wu Gang', '郑洁 Zheng Jie']);
    expect(await found({ search: 'ZHOU' })).toEqual(['周敏 Zhou Min']);
    expect(await found({ role: 'RISK_APPROVER', search: '陈' })).toEqual(['陈静 Chen Jing']);
    expect(await found({ active: false })).toEqual([]);
    expect(await found({ active: null, role: null })).toHaveLength(11);
    const { data } = await api.ask('maker', 'users', { where: { orgUnit: unknown('OrgUnit') } });
    expect(data.users).toMatchObject({ nodes: [], totalCount: { count: 0 } });
  });

  it('a cursor of another filter, an id of another type and a text beyond any name are refused', async () => {
    const { endCursor } = (await api.ask('maker', 'users', { first: 1 })).data.users.pageInfo;
    const elsewhere = await api.ask('maker', 'users', { first: 1, after: endCursor, where: { active: true } });
    expect(reasonOf(elsewhere)).toBe('INVALID_CURSOR');
    expect(reasonOf(await api.ask('maker', 'users', { where: { orgUnit: unknown('User') } }))).toBe('INVALID_ID');
    expect(codeOf(await api.ask('maker', 'users', { where: { search: 'x'.repeat(101) } }))).toBe('BAD_USER_INPUT');
  });

  it('and org units are for those who may read users', async () => {
    const service = jest.spyOn(api.app.identity, 'authenticate').mockResolvedValue({
      ok: true,
      value: { kind: 'USER', id: '00000000-0000-7000-8000-00000000000a', name: 'x', roles: [], orgUnitId: null },
      expiresAt: new Date(),
    } as never);
    const answers = [await api.ask('maker', 'users'), await api.ask('maker', 'org-units')];
    service.mockRestore();
    expect(answers.map(codeOf)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });
});

describe('org units', () => {
  beforeAll(async () => {
    const unit = { code: 'SALES-SH', nameZh: '上海销售部', nameEn: 'Sales, Shanghai', line: 'SALES' } as const;
    await api.app.identity.commands.createOrgUnit(asSystemActor(), { ...unit, parentCode: 'SALES-EAST' });
  });

  it('page by code, know what they are part of, and are found by id', async () => {
    const units: Loose[] = [];
    let after: string | null = null;
    do {
      const answer: Answer = await api.ask('maker', 'org-units', { first: 2, after });
      const { nodes, pageInfo, totalCount } = answer.data.orgUnits;
      expect(totalCount).toEqual({ count: 7, precision: 'EXACT' });
      units.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(units.map(({ code, parent }) => [code, parent?.code ?? null])).toEqual([
      ['AUDIT', null],
      ['FINANCE', null],
      ['IT', null],
      ['RISK', null],
      ['SALES-EAST', null],
      ['SALES-SH', 'SALES-EAST'],
      ['VALIDATION', null],
    ]);
    const again = await api.ask('maker', 'query ($id: ID!) { node(id: $id) { ... on OrgUnit { code line } } }', {
      id: units[5].parent.id,
    });
    expect(again.data.node).toEqual({ code: 'SALES-EAST', line: 'SALES' });
  });
});
