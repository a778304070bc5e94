/** Votes that are signed by their voters, as a front end sends them: one by one, and many at once. */
import { randomBytes } from 'node:crypto';
import { ed25519PublicKey, ed25519Sign } from '../../src/kernel/ed25519';
import { useApi, type Loose } from '../support/api';

const api = useApi('sample');

const seed = randomBytes(32);
let keyId: string;
beforeAll(async () => {
  const { challenge, userId } = (await api.ask('approver', 'signing-keys')).data['signingKeyChallenge'];
  const publicKey = ed25519PublicKey(seed).toString('base64url');
  const text = ['tierwarden key v1', userId, challenge, publicKey].join('\n');
  const signature = ed25519Sign(seed, Buffer.from(text)).toString('base64url');
  const input = { name: 'Office', challenge, ed25519: { publicKey, signature } };
  keyId = (await api.ask('approver', 'register-signing-key', { input })).data['registerSigningKey'].keyId;
});

const signed = (text: string): object => ({
  keyId,
  value: ed25519Sign(seed, Buffer.from(text)).toString('base64url'),
});

const REQUEST = `query ($id: ID!) { changeRequest(id: $id) { id version state textsToSign { approve reject }
  votes { verdict signature { keyId algorithm verified } } } }`;
const read = async (id: string): Promise<Loose> => (await api.ask('approver', REQUEST, { id })).data['changeRequest'];

const customers: Loose[] = [];
const openRequest = async (): Promise<Loose> => {
  if (customers.length === 0) {
    const where = { grade: { eq: 'BBB' } };
    customers.push(...(await api.ask('approver', 'customers', { first: 20, where })).data['customers'].nodes);
  }
  const input = {
    customerId: customers.pop().id,
    toGrade: 'BB',
    reasonCode: 'MATERIAL_EVENT',
    justification: 'They have lost their main customer.',
    validUntil: '2026-03-31T16:00:00Z',
    expectedVersion: 1,
  };
  return read((await api.ask('maker', 'submit-grade-override', { input })).data['submitGradeOverride'].request.id);
};

it('one vote counts with its signature, which everybody can have checked', async () => {
  const { id: requestId, version, textsToSign } = await openRequest();
  const input = { requestId, expectedVersion: version, signature: signed(textsToSign.approve) };
  const { request, userErrors } = (await api.ask('approver', 'approve-request', { input })).data['approveRequest'];
  expect([request.state, userErrors]).toEqual(['APPLIED', []]);
  const { votes } = await read(requestId);
  expect(votes).toEqual([{ verdict: 'APPROVE', signature: { keyId, algorithm: 'ED25519', verified: true } }]);
});

it('many votes are signed each for itself: one that is not as it was signed does not count, the others do', async () => {
  const requests = [await openRequest(), await openRequest(), await openRequest()];
  const texts = [
    requests[0]!['textsToSign'].approve,
    // Of another request, and of another verdict.
    requests[0]!['textsToSign'].approve,
    requests[2]!['textsToSign'].reject,
  ];
  const decisions = requests.map(({ id, version }, i) => ({
    requestId: id,
    verdict: 'APPROVE',
    expectedVersion: version,
    signature: signed(texts[i]),
  }));
  const { data } = await api.ask('approver', 'decide-requests', { input: { decisions } });
  const { decided, results, userErrors } = data['decideRequests'];
  expect([decided, userErrors]).toEqual([1, []]);
  expect(results.map(({ userErrors: [error] }: Loose) => error?.messageKey ?? null)).toEqual([
    null,
    'INVALID.SIGNATURE',
    'INVALID.SIGNATURE',
  ]);
  const [counted, ...others] = await Promise.all(requests.map(({ id }) => read(id)));
  expect(counted).toMatchObject({ state: 'APPLIED', votes: [{ signature: { keyId, verified: true } }] });
  for (const { state, votes } of others) expect([state, votes]).toEqual(['IN_REVIEW', []]);
});
