/**
 * A client of a transparency log, written from the C2SP specifications and nothing else: it mirrors a log over HTTP and holds
 * every checkpoint against the one before. It imports nothing of the program.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const parent = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.of(1), left, right);

/** RFC 6962, 2.1, over hashes of leaves. */
const treeHash = (leaves: readonly Buffer[]): Buffer => {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return parent(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
};

export interface SeenCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  /** Names of cosigners, unverified. */
  readonly lines: number;
}

export class TileClient {
  /** Hashes of all leaves, and the entries, as mirrored. */
  readonly leaves: Buffer[] = [];
  readonly entries: Buffer[] = [];
  accepted: SeenCheckpoint | null = null;

  constructor(
    private readonly url: string,
    private readonly verifierKey: string,
    private readonly token: string,
  ) {}

  private async get(path: string): Promise<{ bytes: Buffer; headers: Headers }> {
    const response = await fetch(`${this.url}/${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
  }

  private open(note: string): SeenCheckpoint {
    const [name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(this.verifierKey)!.slice(1) as [
      string,
      string,
      string,
    ];
    const typed = Buffer.from(key, 'base64');
    if (
      sha256(Buffer.from(`${name}\n`), typed)
        .subarray(0, 4)
        .toString('hex') !== id
    )
      throw new Error('key id');
    const at = note.lastIndexOf('\n\n');
    const text = note.slice(0, at + 1);
    const lines = note
      .slice(at + 2)
      .trimEnd()
      .split('\n');
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]),
      format: 'der',
      type: 'spki',
    });
    const ours = lines
      .map((line) => /^— (\S+) (\S+)$/.exec(line)!)
      .map(([, signer, base64]) => ({ signer, bytes: Buffer.from(base64!, 'base64') }))
      .filter(({ signer, bytes }) => signer === name && bytes.subarray(0, 4).toString('hex') === id);
    if (ours.length !== 1 || !verify(null, Buffer.from(text), publicKey, ours[0]!.bytes.subarray(4)))
      throw new Error('signature');
    const [origin, size, root, ...rest] = text.trimEnd().split('\n');
    if (rest.length > 0) throw new Error('extension lines');
    return { origin: origin!, size: Number(size), root: root!, lines: lines.length };
  }

  private path(kind: string, index: number, width: number): string {
    const padded = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
    const groups = padded.match(/.../g)!;
    const name = [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)].join('/');
    return `tile/${kind}/${name}${width < 256 ? `.p/${width}` : ''}`;
  }

  /** Follows the log to its newest checkpoint, entries and all; throws on anything that does not fit. */
  async follow(): Promise<SeenCheckpoint> {
    const { bytes, headers } = await this.get('checkpoint');
    if (!headers.get('content-type')!.startsWith('text/plain')) throw new Error('type of the checkpoint');
    const seen = this.open(bytes.toString('utf8'));
    if (this.accepted !== null && seen.size < this.accepted.size) throw new Error('the log went back');

    for (let index = Math.floor(this.leaves.length / 256); index * 256 < seen.size; index++) {
      const width = Math.min(256, seen.size - index * 256);
      const tile = await this.get(this.path('0', index, width));
      if (!/immutable/.test(tile.headers.get('cache-control')!)) throw new Error('cache of a tile');
      if (tile.bytes.length !== width * 32) throw new Error('length of a tile');
      const bundle = await this.get(this.path('entries', index, width));
      let at = 0;
      for (let i = 0; i < width; i++) {
        const length = bundle.bytes.readUInt16BE(at);
        const entry = bundle.bytes.subarray(at + 2, at + 2 + length);
        at += 2 + length;
        const leaf = tile.bytes.subarray(i * 32, (i + 1) * 32);
        if (!sha256(Buffer.of(0), entry).equals(leaf)) throw new Error(`entry ${index * 256 + i}`);
        const mirrored = this.leaves[index * 256 + i];
        if (mirrored !== undefined && !mirrored.equals(leaf)) throw new Error(`leaf ${index * 256 + i} has changed`);
        this.leaves[index * 256 + i] = leaf;
        this.entries[index * 256 + i] = entry;
      }
      if (at !== bundle.bytes.length) throw new Error('length of a bundle');
    }
    // The levels above say the same.
    for (let level = 1, below = this.leaves; below.length >= 256; level++) {
      const hashes: Buffer[] = [];
      for (let i = 0; i + 256 <= below.length; i += 256) hashes.push(treeHash(below.slice(i, i + 256)));
      for (let index = 0; index * 256 < hashes.length; index++) {
        const part = hashes.slice(index * 256, (index + 1) * 256);
        const tile = await this.get(this.path(String(level), index, part.length));
        if (!tile.bytes.equals(Buffer.concat(part))) throw new Error(`tile ${index} of level ${level}`);
      }
      below = hashes;
    }
    if (treeHash(this.leaves).toString('base64') !== seen.root) throw new Error(`root at ${seen.size}`);
    this.accepted = seen;
    return seen;
  }
}
