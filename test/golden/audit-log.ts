/** A small log, whole: what a writer makes of fixed keys and entries, and what every verifier must agree with. */
import { accumulate, consistencyRanges, inclusionRanges, leafHash, rangeHash, type TreeHash } from '../../src/audit/domain/merkle-tree';
import { parseCheckpoint, signCheckpoint, type SignedBefore } from '../../src/audit/domain/checkpoint';
import { formatLogProof } from '../../src/audit/domain/log-proof';
import { cosignText, formatNote, formatSignerKey, formatVerifierKey, parseNote, signerKey } from '../../src/audit/domain/signed-note';
import { bundleOf, tilePath, tilesOf, TILE_HEIGHT } from '../../src/audit/domain/tile';

const ORIGIN = 'example.org/tierwarden/audit';
/** Around the edges of tiles, and the present. */
const SIZES = [0, 1, 2, 3, 7, 8, 255, 256, 257, 300];

export const goldenLog = () => {
  const key = signerKey(ORIGIN, 'signature', Buffer.alloc(32, 'log key'));
  const nextKey = signerKey(ORIGIN, 'signature', Buffer.alloc(32, 'next log key'));
  const witness = signerKey('example.org/witness', 'cosignature', Buffer.alloc(32, 'witness key'));
  const size = SIZES.at(-1) ?? 0;
  const entries = Array.from({ length: size }, (_, i) =>
    // Of every kind: nothing at all, text beyond ASCII, and more than fits into one byte of length.
    Buffer.from(i === 4 ? '' : JSON.stringify({ i, ...(i === 5 ? { 名: '评级' } : {}), ...(i === 6 ? { long: 'x'.repeat(700) } : {}) })),
  );

  const levels: TreeHash[][] = [];
  const read = ({ level, index }: { level: number; index: number }): TreeHash => levels[level]?.[index] ?? '';
  const tree = accumulate(undefined, (level, hash) => (levels[level] ??= []).push(hash));
  const checkpoints: string[] = [];
  const before: SignedBefore[] = [];
  for (const grown of SIZES) {
    while (tree.size() < grown) tree.append(leafHash(entries[tree.size()] ?? Buffer.alloc(0)));
    const checkpoint = { origin: ORIGIN, size: grown, root: tree.root() };
    const last = before.pop();
    const consistency =
      last === undefined || last.checkpoint.size === 0
        ? []
        : consistencyRanges(last.checkpoint.size, grown).map((range) => rangeHash(range, read));
    // From 256 on the next key signs as well.
    const keys = grown < 256 ? [key] : [key, nextKey];
    checkpoints.push(signCheckpoint(keys, checkpoint, last === undefined ? [] : [{ ...last, consistency }]));
    before.push({ checkpoint, consistency: [] });
  }
  const last = checkpoints.at(-1) ?? '';
  const note = parseNote(last);
  if (note === null || parseCheckpoint(note.text) === null) throw new Error('the last checkpoint is none');
  const cosigned = formatNote({
    ...note,
    signatures: [...note.signatures, cosignText(witness, note.text, new Date('2026-01-15T08:00:00Z'))],
  });

  const files = Object.fromEntries(
    [...tilesOf(size)].map((tile) => {
      const { level, index, width } = tile;
      const [begin, end] = [index * 256, index * 256 + width];
      const bytes =
        level === 'entries'
          ? bundleOf(entries.slice(begin, end))
          : Buffer.from((levels[level * TILE_HEIGHT] ?? []).slice(begin, end).join(''), 'latin1');
      return [tilePath(tile), bytes.toString('base64')];
    }),
  );
  return {
    origin: ORIGIN,
    keys: [key, nextKey, witness].map((each) => ({
      signer: formatSignerKey(each),
      verifier: formatVerifierKey(each),
    })),
    entries: entries.map((entry) => entry.toString('utf8')),
    checkpoints,
    cosigned,
    files,
    proofs: [0, 4, 255, 256, 299].map((index) =>
      formatLogProof({
        index,
        path: inclusionRanges(index, size).map((range) => rangeHash(range, read)),
        checkpoint: last,
        ...(index === 299 ? { extra: Buffer.from('extra') } : {}),
      }),
    ),
  };
};
