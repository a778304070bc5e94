/**
 * Proof files of ratings: every one verifies with the verifier, which shares nothing with the writer, and none does after a
 * change of one bit.
 */
import fc from 'fast-check';
import { checkRatingProof, nodeCrypto, readKey } from '../../cli/verify';
import { writtenForm, type EventDraft } from '../../src/audit/domain/audit-event';
import { signCheckpoint } from '../../src/audit/domain/checkpoint';
import { formatLogProof } from '../../src/audit/domain/log-proof';
import {
  accumulate,
  inclusionRanges,
  leafHash,
  rangeHash,
  rootFromInclusion,
  type TreeHash,
} from '../../src/audit/domain/merkle-tree';
import { formatVerifierKey, signerKey } from '../../src/audit/domain/signed-note';
import { leavesAround, outlineTree, pathIn } from '../../src/audit/domain/tree-outline';
import { sha256 } from '../../src/kernel/sha256';
import { codeList, LeafEncoder } from '../../src/ratings/domain/rating-leaf';
import { formatRatingProof, type RatingProof } from '../../src/ratings/domain/rating-proof';

const log = signerKey('example.org/log', 'signature', Buffer.alloc(32, 1));
const keys = [readKey(nodeCrypto, formatVerifierKey(log))!];
const check = (proof: string) => checkRatingProof(nodeCrypto, proof, keys);

/** A tree and the path of a leaf in it, by the whole tree. */
const planted = (leaves: readonly TreeHash[]) => {
  const levels: TreeHash[][] = [];
  const tree = accumulate(undefined, (level, hash) => (levels[level] ??= []).push(hash));
  leaves.forEach((leaf) => tree.append(leaf));
  const path = (index: number) =>
    inclusionRanges(index, leaves.length).map((range) =>
      rangeHash(range, ({ level, index: at }) => levels[level]![at]!),
    );
  return { root: tree.root(), path };
};

/** The same path by the outline. */
const outlined = (leaves: readonly TreeHash[]) => {
  const tree = outlineTree();
  leaves.forEach((leaf) => tree.append(leaf));
  const outline = tree.outline();
  return (index: number) => {
    const { begin, end } = leavesAround(index, leaves.length);
    return pathIn(outline, index, leaves.slice(begin, end));
  };
};

const numbered = (count: number): TreeHash[] => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`${i}`)));

describe('the outline of a tree', () => {
  it('makes the paths that the whole tree makes: every leaf, around sizes of whole blocks', () => {
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 1025]) {
      const leaves = numbered(size);
      const [whole, path] = [planted(leaves), outlined(leaves)];
      for (let index = 0; index < size; index++) expect(path(index)).toEqual(whole.path(index));
    }
  });

  it('leads to the root from any leaf of larger trees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(), (size, pick) => {
        const leaves = numbered(size);
        const index = pick % size;
        expect(rootFromInclusion(leaves[index]!, index, size, outlined(leaves)(index))).toBe(planted(leaves).root);
      }),
      { numRuns: 30 },
    );
  });

  it('makes no path without the leaves around', () => {
    const tree = outlineTree();
    numbered(300).forEach((leaf) => tree.append(leaf));
    expect(() => pathIn(tree.outline(), 5, [])).toThrow();
  });
});

const code = fc.string({ minLength: 1, maxLength: 12 });
const facts = fc
  .record({
    customerId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    scorecardVersionId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    cutPointSetId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    asOfDay: fc.integer({ min: 10_000, max: 30_000 }),
    scoreE4: fc.integer({ min: 0, max: 1_000_000 }),
    modelRank: fc.integer({ min: 1, max: 9 }),
    uncappedRank: fc.integer({ min: 1, max: 9 }),
    inputs: fc.array(
      fc.tuple(
        fc.oneof(fc.double({ noNaN: true, min: -1e300 }), fc.constant(-Number.MAX_VALUE)),
        fc.integer({ min: 0, max: 30_000 }),
      ),
      { maxLength: 20 },
    ),
    points: fc.array(fc.integer({ min: -30_000, max: 30_000 }), { maxLength: 20 }),
    caps: fc.array(code, { maxLength: 3 }),
    notes: fc.array(code, { maxLength: 3 }),
  })
  .map(({ inputs, points, caps, notes, ...rest }) => ({
    plain: { ...rest, inputs, caps, notes },
    encoded: {
      ...rest,
      values: Float64Array.from(inputs, ([value]) => value),
      days: Int32Array.from(inputs, ([, day]) => day),
      pointsCenti: Int16Array.from(points),
      caps: codeList(caps),
      notes: codeList(notes),
    },
  }));

const draft = (event: Partial<EventDraft>): EventDraft => ({
  id: '01900000-0000-7000-8000-000000000001',
  occurredAt: new Date('2026-01-15T08:00:00Z'),
  actorId: 'system:rating-worker',
  onBehalfOf: null,
  action: 'ratingRun.sealed',
  objectType: 'RatingRun',
  objectId: '01900000-0000-7000-8000-000000000002',
  customerId: null,
  requestId: 'test',
  before: null,
  after: null,
  reason: null,
  data: null,
  ...event,
});

/** Among so many events of a log, as leaf `index`. */
const logged = (event: Buffer, index: number, size: number): string => {
  const leaves = numbered(size);
  leaves[index] = leafHash(event);
  const { root, path } = planted(leaves);
  const checkpoint = signCheckpoint([log], { origin: log.name, size, root }, []);
  return formatLogProof({ index, path: path(index), checkpoint, extra: event });
};

interface Made {
  readonly facts: typeof facts extends fc.Arbitrary<infer T> ? T : never;
  readonly ratings: number;
  readonly place: number;
  readonly events: number;
  readonly at: number;
  readonly kind: 'single' | 'run' | 'aside';
}
const made = (most: number): fc.Arbitrary<Made> =>
  fc
    .record({
      facts,
      ratings: fc.integer({ min: 1, max: most }),
      place: fc.nat(),
      events: fc.integer({ min: 1, max: most }),
      at: fc.nat(),
      kind: fc.constantFrom('single' as const, 'run' as const, 'aside' as const),
    })
    .map((it) => ({ ...it, place: it.place % it.ratings, at: it.at % it.events }));

const partsOf = ({ facts: { encoded }, ratings, place, events, at, kind }: Made): RatingProof => {
  const rating = new LeafEncoder().leaf(encoded);
  const leaves = numbered(ratings);
  leaves[place] = leafHash(rating);
  const { root } = planted(leaves);
  const hex = (hash: TreeHash) => Buffer.from(hash, 'latin1').toString('hex');
  if (kind === 'single') {
    const event = writtenForm(
      draft({ action: 'customer.rated', objectType: 'Rating', data: { leaf: hex(leafHash(rating)) } }),
    );
    return { rating, inRun: null, body: null, event: logged(Buffer.from(event), at, events) };
  }
  const sealed = draft({ after: { ratingsRoot: hex(root), rated: ratings } });
  const form = Buffer.from(writtenForm(sealed));
  const inRun = { index: place, path: outlined(leaves)(place) };
  if (kind === 'run') return { rating, inRun, body: null, event: logged(form, at, events) };
  const { after: _, ...short } = JSON.parse(form.toString()) as Record<string, unknown>;
  const entry = JSON.stringify({ ...short, body: { bytes: form.length, sha256: hex(sha256(form)) } });
  return { rating, inRun, body: form, event: logged(Buffer.from(entry), at, events) };
};

describe('a proof file', () => {
  it('verifies, and says what was rated: alone, in a run, and with an event that is kept aside', async () => {
    await fc.assert(
      fc.asyncProperty(made(600), async (it) => {
        const checked = await check(formatRatingProof(partsOf(it)));
        if (checked.verdict !== 'intact') throw new Error(checked.problem);
        const { plain } = it.facts;
        expect(checked.index).toBe(it.at);
        expect(checked.checkpoint.size).toBe(it.events);
        expect(checked.inRun).toEqual(it.kind === 'single' ? null : { index: it.place, size: it.ratings });
        expect(checked.rating.customer.replaceAll('-', '')).toBe(Buffer.from(plain.customerId).toString('hex'));
        expect(Number(checked.rating.score)).toBe(plain.scoreE4 / 10_000);
        expect(checked.rating.modelGrade).toBe(
          ['C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA'][plain.modelRank - 1],
        );
        expect(checked.rating.inputs.map(({ value }) => value)).toEqual(
          plain.inputs.map(([value]) => (value === -Number.MAX_VALUE ? null : value)),
        );
        expect([checked.rating.caps, checked.rating.notes]).toEqual([plain.caps, plain.notes]);
      }),
    );
  });

  it('does not after a change of any one bit', async () => {
    for (const kind of ['single', 'aside'] as const) {
      const [it] = fc.sample(made(20), { numRuns: 1, seed: 7 });
      const small = { ...it!, kind, ratings: 5, place: 2, events: 3, at: 1 };
      const proof = Buffer.from(formatRatingProof(partsOf(small)));
      expect((await check(proof.toString())).verdict).toBe('intact');
      for (let bit = 0; bit < proof.length * 8; bit++) {
        const changed = Buffer.from(proof);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const { verdict } = await check(changed.toString());
        if (verdict === 'intact') throw new Error(`bit ${bit} of ${kind} does not matter`);
      }
    }
  });

  it('does not after a change of a random bit, however large the trees', async () => {
    await fc.assert(
      fc.asyncProperty(made(3_000), fc.nat(), async (it, pick) => {
        const changed = Buffer.from(formatRatingProof(partsOf(it)));
        const bit = pick % (changed.length * 8);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect((await check(changed.toString())).verdict).not.toBe('intact');
      }),
    );
  });

  it('tells broken from unverifiable', async () => {
    const [first, other] = fc.sample(made(50), { numRuns: 2, seed: 3 }).map((it) => ({ ...it, kind: 'run' as const }));
    const parts = partsOf({ ...first!, ratings: 9, place: 4 });
    const verdict = async (changed: Partial<RatingProof>, known = keys) => {
      const checked = await checkRatingProof(nodeCrypto, formatRatingProof({ ...parts, ...changed }), known);
      return checked.verdict === 'intact' ? 'intact' : `${checked.verdict}: ${checked.problem}`;
    };
    expect(await verdict({})).toBe('intact');
    // A rating that is none of the run's, another place, and an event that speaks of another run.
    expect(await verdict({ rating: partsOf(other!).rating })).toMatch(/^broken: this is not rating 4 of the run's 9/);
    expect(await verdict({ inRun: { ...parts.inRun!, index: 3 } })).toMatch(/^broken/);
    expect(await verdict({ event: partsOf({ ...other!, ratings: 9, place: 4 }).event })).toMatch(/^broken/);
    // What is missing, or says nothing.
    expect(await verdict({}, [])).toMatch(/^unverifiable: none of the given keys/);
    expect(await verdict({ rating: Buffer.from('TWR1') })).toBe('unverifiable: the proof file is damaged');
    expect(await verdict({ inRun: null })).toMatch(/^unverifiable: the event ratingRun.sealed names no rating/);
    expect(await verdict({ body: Buffer.from('{}') })).toMatch(/^unverifiable/);
    const aside = partsOf({ ...first!, kind: 'aside' });
    expect(await verdict({ ...aside, body: null })).toMatch(/^unverifiable: the body of the event/);
    expect(await verdict({ ...aside, body: Buffer.from('{}') })).toMatch(/^broken: the body/);
    expect(await check('')).toMatchObject({ verdict: 'unverifiable' });
  });
});
