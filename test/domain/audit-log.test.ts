import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ForkRefused, formatCheckpoint, parseCheckpoint, signCheckpoint } from '../../src/audit/domain/checkpoint';
import {
  accumulate,
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  isConsistent,
  leafHash,
  merkleRoot,
  nodeHash,
  rangeHash,
  rootFromInclusion,
  type LeafRange,
  type TreeHash,
} from '../../src/audit/domain/merkle-tree';
import {
  cosignText,
  cosignatureTime,
  formatNote,
  formatSignerKey,
  formatVerifierKey,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
  verifyNote,
} from '../../src/audit/domain/signed-note';
import {
  bundleOf,
  hasTile,
  hashAt,
  parseTilePath,
  placeOf,
  tilePath,
  tilesOf,
  TILE_HEIGHT,
  type Tile,
} from '../../src/audit/domain/tile';

const hex = (hash: TreeHash): string => Buffer.from(hash, 'latin1').toString('hex');

/* The reference leaves of certificate transparency and the roots over the first 1 to 8 of them. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/* The definition of RFC 6962, 2.1, as it stands there; large whole subtrees are remembered. */
const sha256 = (...parts: Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const entryOf = (index: number): Buffer => Buffer.from(`entry ${index}`);
const recomputing = () => {
  const known = new Map<string, Buffer>();
  const tree = (begin: number, end: number): Buffer => {
    if (end - begin === 0) return sha256();
    const isWhole = end - begin >= 64 && Number.isInteger(Math.log2(end - begin));
    const key = `${begin}-${end}`;
    const remembered = isWhole ? known.get(key) : undefined;
    if (remembered !== undefined) return remembered;
    let k = 1;
    while (k * 2 < end - begin) k *= 2;
    const hash =
      end - begin === 1
        ? sha256(Buffer.of(0), entryOf(begin))
        : sha256(Buffer.of(1), tree(begin, begin + k), tree(begin + k, end));
    if (isWhole) known.set(key, hash);
    return hash;
  };
  return tree;
};

/** A tree with all that proofs can ask of it. */
const grow = (size: number) => {
  const levels: TreeHash[][] = [];
  const roots: TreeHash[] = [EMPTY_ROOT];
  const tree = accumulate(undefined, (level, hash) => (levels[level] ??= []).push(hash));
  for (let index = 0; index < size; index++) {
    tree.append(leafHash(entryOf(index)));
    roots.push(tree.root());
  }
  const read = ({ level, index }: { level: number; index: number }): TreeHash => levels[level]![index]!;
  return { levels, roots, hashesOf: (ranges: readonly LeafRange[]) => ranges.map((range) => rangeHash(range, read)) };
};

const flipped = (hash: TreeHash, bit: number): TreeHash => {
  const bytes = Buffer.from(hash, 'latin1');
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return bytes.toString('latin1');
};

describe('the tree', () => {
  it('has the roots of the reference', () => {
    const entries = LEAVES.map((text) => Buffer.from(text, 'hex'));
    expect(ROOTS.map((_, i) => hex(merkleRoot(entries.slice(0, i + 1))))).toEqual(ROOTS);
    expect(hex(merkleRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(leafHash(Buffer.from('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    const [left, right] = ['N123', 'N456'].map((text) => text.padEnd(32, '\0'));
    expect(hex(nodeHash(left!, right!))).toBe(
      sha256(Buffer.of(1), Buffer.from(left!), Buffer.from(right!)).toString('hex'),
    );
  });

  it('grown leaf by leaf is the tree recomputed: every size to 2,000', () => {
    const recomputed = recomputing();
    const { roots } = grow(2_000);
    roots.forEach((root, size) => expect(hex(root)).toBe(recomputed(0, size).toString('hex')));
  });

  it('grown leaf by leaf is the tree recomputed: sizes to 1,000,000, going on from its peaks', () => {
    const sizes = fc.sample(fc.integer({ min: 1, max: 1_000_000 }), 12).sort((a, b) => a - b);
    const recomputed = recomputing();
    let tree = accumulate();
    for (const size of sizes) {
      tree = accumulate({ size: tree.size(), peaks: tree.peaks() });
      for (let index = tree.size(); index < size; index++) tree.append(leafHash(entryOf(index)));
      expect(hex(tree.root())).toBe(recomputed(0, size).toString('hex'));
    }
  });

  it('does not go on from peaks of another size', () => {
    expect(() => accumulate({ size: 3, peaks: [EMPTY_ROOT] })).toThrow();
  });

  it('takes entries larger than its own buffer', () => {
    const entry = Buffer.alloc(200_000, 7);
    expect(hex(leafHash(entry))).toBe(sha256(Buffer.of(0), entry).toString('hex'));
  });
});

describe('proofs', () => {
  const size = 300;
  const { levels, roots, hashesOf } = grow(size);
  const leaf = (index: number): TreeHash => levels[0]![index]!;

  it('hold for every leaf in every tree to 300', () => {
    for (let grown = 1; grown <= size; grown++) {
      for (let index = 0; index < grown; index++) {
        const path = hashesOf(inclusionRanges(index, grown));
        if (rootFromInclusion(leaf(index), index, grown, path) !== roots[grown])
          throw new Error(`${index} in ${grown}`);
      }
    }
  });

  it('hold between all pairs of sizes to 300', () => {
    for (let grown = 1; grown <= size; grown++) {
      for (let old = 1; old <= grown; old++) {
        const path = hashesOf(consistencyRanges(old, grown));
        const holds = isConsistent({ size: old, root: roots[old]! }, { size: grown, root: roots[grown]! }, path);
        if (!holds) throw new Error(`${old} in ${grown}`);
      }
    }
  });

  const pair = fc
    .integer({ min: 1, max: size })
    .chain((grown) => fc.tuple(fc.constant(grown), fc.integer({ min: 1, max: grown }), fc.nat(), fc.nat(255)));

  it('of inclusion break with any bit, index or length', () => {
    fc.assert(
      fc.property(pair, ([grown, place, pick, bit]) => {
        const index = place - 1;
        const path = hashesOf(inclusionRanges(index, grown));
        const check = (at: number, hash: TreeHash, by: readonly TreeHash[]) =>
          rootFromInclusion(hash, at, grown, by) === roots[grown];
        expect(check(index, flipped(leaf(index), bit), path)).toBe(false);
        expect(check(index, leaf(index), [...path, leaf(0)])).toBe(false);
        if (grown > 1) expect(check((index + 1 + (pick % (grown - 1))) % grown, leaf(index), path)).toBe(false);
        if (path.length === 0) return;
        const changed = path.map((hash, i) => (i === pick % path.length ? flipped(hash, bit) : hash));
        expect(check(index, leaf(index), changed)).toBe(false);
        expect(check(index, leaf(index), path.slice(0, -1))).toBe(false);
      }),
    );
  });

  it('of consistency break with any bit or length', () => {
    fc.assert(
      fc.property(pair, ([grown, old, pick, bit]) => {
        const path = hashesOf(consistencyRanges(old, grown));
        const before = { size: old, root: roots[old]! };
        const after = { size: grown, root: roots[grown]! };
        expect(isConsistent({ ...before, root: flipped(before.root, bit) }, after, path)).toBe(false);
        expect(isConsistent(before, { ...after, root: flipped(after.root, bit) }, path)).toBe(false);
        expect(isConsistent(before, after, [...path, leaf(0)])).toBe(false);
        if (path.length === 0) return;
        const changed = path.map((hash, i) => (i === pick % path.length ? flipped(hash, bit) : hash));
        expect(isConsistent(before, after, changed)).toBe(false);
        expect(isConsistent(before, after, path.slice(1))).toBe(false);
      }),
    );
  });

  it('are for leaves and sizes that there are', () => {
    expect(() => inclusionRanges(5, 5)).toThrow();
    expect(() => consistencyRanges(0, 5)).toThrow();
    expect(() => consistencyRanges(6, 5)).toThrow();
    expect(rootFromInclusion(leaf(0), 1, 1, [])).toBeNull();
  });
});

describe('tiles', () => {
  it.each<[string, Tile]>([
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/entries/000.p/1', { level: 'entries', index: 0, width: 1 }],
    ['tile/2/999.p/255', { level: 2, index: 999, width: 255 }],
  ])('%s', (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    'tile/0/x000/067',
    'tile/0/67',
    'tile/00/067',
    'tile/64/000',
    'tile/0/067.p/0',
    'tile/0/067.p/256',
    'tile/0/001/067',
    'tile/data/067',
    'tile/0/067.p/01',
    'tile/0/067/',
  ])('%s is none', (path) => expect(parseTilePath(path)).toBeNull());

  it('of a tree of 70,000 leaves', () => {
    const tiles = [...tilesOf(70_000)];
    const count = (level: Tile['level'], isFull: boolean): number =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === isFull).length;
    expect([count('entries', true), count(0, true), count(1, true), count(2, true)]).toEqual([273, 273, 1, 0]);
    expect(tiles.filter(({ width }) => width < 256)).toEqual([
      { level: 'entries', index: 273, width: 112 },
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(hasTile({ level: 0, index: 273, width: 112 }, 70_000)).toBe(true);
    expect(hasTile({ level: 0, index: 273, width: 113 }, 70_000)).toBe(false);
  });

  it('hold the hash of every perfect subtree', () => {
    const size = 70_000;
    const levels: TreeHash[][] = [];
    const tree = accumulate(undefined, (level, hash) => (levels[level] ??= []).push(hash));
    for (let index = 0; index < size; index++) tree.append(leafHash(entryOf(index)));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.nat(), (level, pick) => {
        const index = pick % levels[level]!.length;
        const place = placeOf({ level, index });
        const tile = levels[place.level * TILE_HEIGHT]!.slice(place.index * 256, (place.index + 1) * 256);
        expect(hashAt(place, Buffer.from(tile.join(''), 'latin1'))).toBe(levels[level]![index]);
      }),
    );
    expect(() => hashAt(placeOf({ level: 0, index: 3 }), Buffer.alloc(32))).toThrow();
  });

  it('keep entries behind their lengths', () => {
    expect(
      bundleOf([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(300, 1)])
        .subarray(0, 8)
        .toString('hex'),
    ).toBe('000261620000012c');
    expect(() => bundleOf([Buffer.alloc(65_536)])).toThrow();
  });
});

const log = signerKey('example.org/log', 'signature', Buffer.alloc(32, 1));
const witness = signerKey('witness', 'cosignature', Buffer.alloc(32, 2));

describe('signed notes', () => {
  it('round-trip with their keys', () => {
    expect(parseVerifierKey(formatVerifierKey(log))).toEqual({ ...log, seed: undefined });
    expect(parseSignerKey(formatSignerKey(witness))).toEqual(witness);
    const note = signCheckpoint([log], { origin: log.name, size: 0, root: EMPTY_ROOT }, []);
    expect(formatNote(parseNote(note)!)).toBe(note);
    expect(verifyNote(parseNote(note)!, [log])).toHaveLength(1);
  });

  it.each([
    ['a key with another id', formatVerifierKey(log).replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['a key of unknown type', formatVerifierKey(log).replace(/\+A/, '+B')],
    ['a key without a name', formatVerifierKey(log).replace('example.org/log', '')],
    ['a key that is cut off', formatVerifierKey(log).slice(0, -4)],
  ])('refuse %s', (_, key) => expect(parseVerifierKey(key)).toBeNull());

  it('are rejected when any bit of text or signature is another', () => {
    const note = Buffer.from(signCheckpoint([log], { origin: log.name, size: 0, root: EMPTY_ROOT }, []));
    for (let bit = 0; bit < note.length * 8; bit++) {
      const changed = Buffer.from(note);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const parsed = parseNote(changed.toString());
      expect(parsed === null ? null : verifyNote(parsed, [log])).toBeNull();
    }
  });

  it('count the keys that are known: unknown ones are passed over, a false one rejects', () => {
    const text = formatCheckpoint({ origin: log.name, size: 3, root: EMPTY_ROOT });
    const [signed] = parseNote(signCheckpoint([log], { origin: log.name, size: 3, root: EMPTY_ROOT }, []))!.signatures;
    const cosigned = cosignText(witness, text, new Date('2026-01-15T08:00:00.900Z'));
    const both = { text, signatures: [signed!, cosigned] };
    expect(verifyNote(both, [log])).toHaveLength(1);
    expect(verifyNote(both, [log, witness])).toHaveLength(2);
    expect(cosignatureTime(cosigned.bytes)).toBe(1_768_464_000n);
    const later = Buffer.from(cosigned.bytes);
    later[7]! += 1;
    expect(verifyNote({ text, signatures: [signed!, { ...cosigned, bytes: later }] }, [log, witness])).toBeNull();
    expect(verifyNote({ text, signatures: [signed!, { ...cosigned, bytes: later }] }, [log])).toHaveLength(1);
    const stranger = signerKey('stranger', 'signature', Buffer.alloc(32, 3));
    expect(verifyNote(both, [stranger])).toBeNull();
  });

  it.each([
    '',
    'text',
    'text\n',
    'text\n\n',
    'text\n\n— name\n',
    'text\n\n- name AAAAAAAA\n',
    'te\u0007xt\n\n— name AAAAAAAAAA==\n',
    'text\n\n— na+me AAAAAAAAAA==\n',
  ])('%j is none', (note) => expect(parseNote(note)).toBeNull());
});

describe('checkpoints', () => {
  it.each([
    '',
    'a\n1\n',
    'a\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
    'a\n1\nAAAA\n',
    'a\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
    '\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
    'a\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n',
  ])('%j is none', (text) => expect(parseCheckpoint(text)).toBeNull());

  it('are signed by every key, and the signer never signs a second history', () => {
    const { roots, hashesOf } = grow(20);
    const origin = log.name;
    const at = (size: number) => ({ origin, size, root: roots[size]! });
    const newer = signerKey(origin, 'signature', Buffer.alloc(32, 4));
    const before = { checkpoint: at(7), consistency: hashesOf(consistencyRanges(7, 20)) };
    const note = parseNote(signCheckpoint([log, newer], at(20), [before]))!;
    expect(verifyNote(note, [log])).toHaveLength(1);
    expect(verifyNote(note, [newer])).toHaveLength(1);
    expect(parseCheckpoint(note.text)).toEqual(at(20));

    const same = { checkpoint: at(20), consistency: [] };
    expect(() => signCheckpoint([log], at(20), [same])).not.toThrow();
    expect(() => signCheckpoint([log], { ...at(20), root: roots[19]! }, [same])).toThrow(ForkRefused);
    expect(() => signCheckpoint([log], { ...at(20), root: roots[19]! }, [before])).toThrow(ForkRefused);
    expect(() => signCheckpoint([log], at(7), [same])).toThrow(ForkRefused);
    expect(() => signCheckpoint([log], { ...at(20), origin: 'another' }, [before])).toThrow(ForkRefused);
  });
});
