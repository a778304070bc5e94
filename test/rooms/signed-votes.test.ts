/** Votes signed with keys of one's own, in Ed25519 and by passkey: registered, used, forged, revoked, demanded by a level. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { ChangeRequest, VoteSignature } from '../../src/approvals';
import { possessionText, voteText } from '../../src/approvals/domain/signing-text';
import type { Initiator } from '../../src/kernel/actor';
import { HOUSE, openApprovalHouse, valueOf, type ApprovalHouse } from '../support/approvals';
import { createAuthenticator, type Assertion } from '../support/authenticator';
import { useDatabase } from '../support/database';
import type { People } from '../support/people';
import { readObject } from '../support/reads';

const test = useDatabase();
let house: ApprovalHouse;
let people: People;

beforeAll(async () => {
  house = await openApprovalHouse(test);
  ({ people } = house);
  await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 1, signed: true }]);
});
beforeEach(() => house.reset());

const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return { publicKey: x, sign: (text: string): Buffer => sign(null, Buffer.from(text), privateKey) };
};
type Pair = ReturnType<typeof pair>;

const challengeFor = async (by: Initiator): Promise<string> =>
  valueOf(await house.approvals.keyChallenge(by.actor, test.clock())).challenge;

const register = async (by: Initiator, key: Pair, challenge?: string, signer = key) => {
  const given = challenge ?? (await challengeFor(by));
  const text = possessionText({ userId: by.actor.id, challenge: given, publicKey: key.publicKey });
  const ed25519 = { publicKey: key.publicKey, signature: signer.sign(text).toString('base64url') };
  return house.approvals.registerKey(by, { name: 'My key', challenge: given, ed25519 });
};

const textOf = (request: ChangeRequest, over: Partial<Parameters<typeof voteText>[0]> = {}): string =>
  voteText({
    requestId: request.id,
    round: request.round,
    level: request.currentLevel,
    verdict: 'APPROVE',
    digest: request.digest,
    loweredTo: null,
    ...over,
  });

const plain = (keyId: string, signature: Buffer): VoteSignature => ({
  keyId,
  signature,
  authenticatorData: null,
  clientData: null,
});
const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
const asserted = (keyId: string, { value, authenticatorData, clientData }: Assertion): VoteSignature => ({
  keyId,
  signature: bytes(value),
  authenticatorData: bytes(authenticatorData),
  clientData: bytes(clientData),
});

const vote = (
  by: Initiator,
  request: ChangeRequest,
  signature: VoteSignature | null,
  over: { lowerTo?: string } = {},
) =>
  house.approvals.vote(by, {
    requestId: request.id,
    verdict: 'APPROVE',
    comment: null,
    expectedVersion: request.version,
    expectedDigest: request.digest,
    signature,
    ...over,
  });
const shown = (id: string) =>
  readObject(house.reads, people.auditor.actor, ['ChangeRequest', id], { state: true, votes: { signature: true } });
const refused = (code: string, reason?: string) => ({
  ok: false,
  refusal: { code, ...(reason === undefined ? {} : { reason }) },
});

describe('an Ed25519 key', () => {
  it('is registered by who has it, signs, and is checked again by whoever looks', async () => {
    const key = pair();
    const { keyId } = valueOf(await register(people.approver, key));
    const request = await house.submitted(people.maker);
    const voted = await vote(people.approver, request, plain(keyId, key.sign(textOf(request))));
    expect(voted).toMatchObject({ ok: true, value: { request: { state: 'APPLIED' } } });
    expect(await shown(request.id)).toMatchObject({
      votes: [{ signature: { keyId, algorithm: 'ED25519', verified: true } }],
    });
    const [event] = await test.asOwner<{ said: string }>(
      `SELECT convert_from(bytes, 'UTF8') AS said FROM audit_event WHERE action = 'request.approved' AND object_id = $1`,
      [request.id],
    );
    expect(event?.said).toContain(key.sign(textOf(request)).toString('base64url'));
    expect(await house.approvals.queries.keysOf(people.approver.actor)).toMatchObject([{ id: keyId, kind: 'ED25519' }]);
  });

  it('is not registered without its private part, with another’s challenge, late, or twice', async () => {
    const key = pair();
    expect(await register(people.approver, key, undefined, pair())).toMatchObject(refused('INVALID', 'POSSESSION'));
    const another = await challengeFor(people.cro);
    expect(await register(people.approver, key, another)).toMatchObject(refused('INVALID', 'CHALLENGE'));
    const early = await challengeFor(people.approver);
    test.clock.advance(11 * 60_000);
    expect(await register(people.approver, key, early)).toMatchObject(refused('EXPIRED', 'CHALLENGE'));
    valueOf(await register(people.approver, key));
    expect(await register(people.approver, key)).toMatchObject(refused('ALREADY_EXISTS', 'KEY'));
    expect(await register(people.cro, key)).toMatchObject(refused('ALREADY_EXISTS', 'KEY'));
    expect(await register(people.maker, pair(), 'x')).toMatchObject(refused('FORBIDDEN'));
  });

  it('signs this vote and no other', async () => {
    const key = pair();
    const { keyId } = valueOf(await register(people.approver, key));
    const request = await house.submitted(people.maker);
    const other = await house.submitted(people.maker);
    for (const text of [
      textOf(other),
      textOf(request, { verdict: 'REJECT' }),
      textOf(request, { round: 2 }),
      textOf(request, { level: 2 }),
      textOf(request, { digest: other.digest }),
      textOf(request, { loweredTo: 'B' }),
    ]) {
      expect(await vote(people.approver, request, plain(keyId, key.sign(text)))).toMatchObject(
        refused('INVALID', 'SIGNATURE'),
      );
    }
    const lowered = plain(keyId, key.sign(textOf(request)));
    expect(await vote(people.approver, request, lowered, { lowerTo: 'B' })).toMatchObject(
      refused('INVALID', 'SIGNATURE'),
    );
    expect(await shown(request.id)).toMatchObject({ state: 'IN_REVIEW', votes: [] });
    const signed = plain(keyId, key.sign(textOf(request, { loweredTo: 'B' })));
    expect(await vote(people.approver, request, signed, { lowerTo: 'B' })).toMatchObject({ ok: true });
  });

  it('of a colleague, or a revoked one, signs nothing; what it signed stays signed', async () => {
    const key = pair();
    const { keyId } = valueOf(await register(people.approver, key));
    const request = await house.submitted(people.maker);
    const second = await house.submitted(people.maker);
    const foreign = plain(keyId, key.sign(textOf(second)));
    expect(await vote(people.approver2, second, foreign)).toMatchObject(refused('NOT_FOUND'));
    valueOf(await vote(people.approver, request, plain(keyId, key.sign(textOf(request)))));
    expect(await house.approvals.revokeKey(people.approver2, { keyId })).toMatchObject(refused('NOT_FOUND'));
    valueOf(await house.approvals.revokeKey(people.approver, { keyId }));
    expect(await house.approvals.revokeKey(people.approver, { keyId })).toMatchObject(
      refused('INVALID_STATE', 'REVOKED'),
    );
    expect(await vote(people.approver, second, foreign)).toMatchObject(refused('NOT_FOUND'));
    expect(await shown(request.id)).toMatchObject({ votes: [{ signature: { verified: true } }] });
  });
});

describe('a passkey', () => {
  const open = async (by: Initiator, origin = 'https://house.example') => {
    const authenticator = createAuthenticator(HOUSE.passkeys.id, origin);
    const challenge = await challengeFor(by);
    const passkey = authenticator.create(challenge);
    return { authenticator, outcome: await house.approvals.registerKey(by, { name: 'Phone', challenge, passkey }) };
  };

  it('signs the digest of the text, counts its uses, and is checked again', async () => {
    const { authenticator, outcome } = await open(people.approver2);
    const { keyId } = valueOf(outcome);
    const request = await house.submitted(people.maker);
    const second = await house.submitted(people.maker);
    const unverified = asserted(keyId, authenticator.sign(textOf(request), false));
    expect(await vote(people.approver2, request, unverified)).toMatchObject(refused('INVALID', 'SIGNATURE'));
    const other = asserted(keyId, authenticator.sign(textOf(second)));
    expect(await vote(people.approver2, request, other)).toMatchObject(refused('INVALID', 'SIGNATURE'));
    valueOf(await vote(people.approver2, request, asserted(keyId, authenticator.sign(textOf(request)))));
    expect(await shown(request.id)).toMatchObject({ votes: [{ signature: { algorithm: 'PASSKEY', verified: true } }] });
    // A copy of it would count from before.
    authenticator.rewind(1);
    const copied = asserted(keyId, authenticator.sign(textOf(second)));
    expect(await vote(people.approver2, second, copied)).toMatchObject(refused('INVALID', 'SIGNATURE'));
  });

  it('made on another page, or for another challenge, is not registered', async () => {
    expect((await open(people.cro, 'https://elsewhere.example')).outcome).toMatchObject(
      refused('INVALID', 'POSSESSION'),
    );
    const passkey = createAuthenticator(HOUSE.passkeys.id, 'https://house.example').create('c29tZXRoaW5nIGVsc2U');
    const challenge = await challengeFor(people.cro);
    const outcome = await house.approvals.registerKey(people.cro, { name: 'Phone', challenge, passkey });
    expect(outcome).toMatchObject(refused('INVALID', 'POSSESSION'));
    const none = await house.approvals.registerKey(people.cro, { name: 'Phone', challenge });
    expect(none).toMatchObject(refused('REQUIRED'));
  });
});

describe('a level that demands signatures', () => {
  it('refuses a vote without one, a no as well', async () => {
    const request = await house.submitted(people.maker);
    expect(await vote(people.approver, request, null)).toMatchObject(refused('POLICY_VIOLATION', 'SIGNATURE_REQUIRED'));
    expect(await house.reject(people.approver, request)).toMatchObject(
      refused('POLICY_VIOLATION', 'SIGNATURE_REQUIRED'),
    );
    expect(await shown(request.id)).toMatchObject({ state: 'IN_REVIEW', votes: [] });
  });

  it('takes a signed vote among many at once, and refuses the one beside it that is not', async () => {
    const key = pair();
    const { keyId } = valueOf(await register(people.approver, key));
    const [signed, bare] = [await house.submitted(people.maker), await house.submitted(people.maker)];
    const commandOf = (request: ChangeRequest, signature: VoteSignature | null) => ({
      requestId: request.id,
      verdict: 'APPROVE' as const,
      comment: null,
      expectedVersion: request.version,
      expectedDigest: request.digest,
      signature,
    });
    const told = valueOf(
      await house.approvals.voteOnMany(people.approver, [
        commandOf(signed, plain(keyId, key.sign(textOf(signed)))),
        // Of the other request.
        commandOf(bare, plain(keyId, key.sign(textOf(signed)))),
      ]),
    );
    expect(told.map(({ outcome }) => (outcome.ok ? outcome.value.request.state : outcome.refusal.code))).toEqual([
      'APPLIED',
      'INVALID',
    ]);
    const again = valueOf(await house.approvals.voteOnMany(people.approver, [commandOf(bare, null)]));
    expect(again[0]?.outcome).toMatchObject(refused('POLICY_VIOLATION', 'SIGNATURE_REQUIRED'));
  });

  it('is refused one by the database, whatever the program does', async () => {
    const request = await house.submitted(people.maker);
    const { id } = people.approver.actor;
    await expect(
      test.asOwner(
        `WITH actor AS (SELECT set_config('tierwarden.actor', $2, false))
         INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
         SELECT $3, $1::uuid, 1, $2::uuid, 'APPROVE', $4, $5::timestamptz FROM actor`,
        [request.id, id, test.newId(), request.digest, test.clock()],
      ),
    ).rejects.toMatchObject({ code: 'TW007' });
  });

  it('a signature that was changed afterwards is told from one that holds', async () => {
    const key = pair();
    const { keyId } = valueOf(await register(people.approver, key));
    const request = await house.submitted(people.maker);
    valueOf(await vote(people.approver, request, plain(keyId, key.sign(textOf(request)))));
    await test.asOwner('ALTER TABLE change_request_signature DISABLE TRIGGER USER');
    await test.asOwner(
      `UPDATE change_request_signature SET signature = set_byte(signature, 3, get_byte(signature, 3) # 1)`,
    );
    await test.asOwner('ALTER TABLE change_request_signature ENABLE TRIGGER USER');
    expect(await shown(request.id)).toMatchObject({ votes: [{ signature: { verified: false } }] });
  });
});
