/** Reading as front ends do it: what is asked for together is answered as if it had been asked for alone. */
import { useApi, type Answer, type Loose } from '../support/api';

const api = useApi('sample');

const codeOf = (answer: Answer): unknown => answer.errors[0]?.extensions['code'];
const someId = async (): Promise<string> =>
  (await api.ask('approver', '{ customers(first: 1, where: { grade: { eq: A } }) { nodes { id } } }')).data.customers
    .nodes[0].id;

describe('arguments of a list below the root', () => {
  const RATINGS = `query ($id: ID, $first: Int, $after: String) {
    customer(id: $id) { ratings(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage } } } }`;

  it('mean the same left out and null, whichever comes first', async () => {
    const id = await someId();
    const forms = [{}, { after: null }, { first: 20 }, { after: null, first: 20 }, {}];
    const answers: Answer[] = [];
    for (const form of forms) answers.push(await api.ask('approver', RATINGS, { id, ...form }));
    for (const { errors, data } of answers) {
      expect(errors).toEqual([]);
      expect(data).toEqual(answers[0]?.data);
    }
    expect(answers[0]?.data.customer.ratings.nodes).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['below the root', RATINGS],
    ['at the root', 'query ($first: Int) { customers(first: $first) { nodes { id } } }'],
  ])('are bad input where null is not allowed, %s', async (_, document) => {
    const id = await someId();
    for (let again = 0; again < 2; again++) {
      const variables = document === RATINGS ? { id, first: null } : { first: null };
      const answer: Loose = await api.ask('approver', document, variables);
      expect(codeOf(answer)).toBe('BAD_USER_INPUT');
      expect(answer.errors[0].message).toContain('"first"');
      expect((await api.ask('approver', document, document === RATINGS ? { id } : {})).errors).toEqual([]);
    }
  });
});
