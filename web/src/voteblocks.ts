/**
 * What the layers of a map and of its scenes say of one pixel, read from one file.
 *
 * The file is described in `core/pages/vote_blocks.py`. What belongs here: finding and decoding a
 * block. What the bytes mean is the caller's.
 */

import {embeddedBytes, type StoredFile} from './site.ts';

export interface VoteFile extends StoredFile {
  /** Side of a block, pixels. */
  block_px: number;
  /** Of the lengths at the beginning. */
  lengths_bytes: number;
}

const LENGTH = 4;
const KEPT_BLOCKS = 40; // of a megabyte or so

/** Bytes of a file from a place on; a server that knows no ranges sends the whole file. */
async function bytesOf(file: StoredFile, from: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const inside = embeddedBytes(file.href);
  if (inside) return inside.slice(from, from + count);
  const answer = await fetch(file.href, {headers: {Range: `bytes=${from}-${from + count - 1}`}});
  if (!answer.ok) throw new Error(`${file.href}: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return answer.status === 206 ? bytes : bytes.slice(from, from + count);
}

async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class VoteBlocks {
  private static readonly opened = new Map<string, Promise<VoteBlocks>>();
  private readonly blocks = new Map<number, Promise<Uint8Array>>();
  private readonly file: VoteFile;
  private readonly width: number;
  private readonly height: number;
  /** Where each block begins, and where the last one ends. */
  private readonly starts: Float64Array;

  // Node runs tests without a bundler and knows no parameter properties.
  private constructor(file: VoteFile, width: number, height: number, starts: Float64Array) {
    [this.file, this.width, this.height, this.starts] = [file, width, height, starts];
  }

  /** Read where the blocks of a map of some size lie; once. */
  static open(file: VoteFile, width: number, height: number): Promise<VoteBlocks> {
    let found = VoteBlocks.opened.get(file.href);
    if (found === undefined) {
      found = VoteBlocks.read(file, width, height);
      VoteBlocks.opened.set(file.href, found);
      found.catch(() => VoteBlocks.opened.delete(file.href));
    }
    return found;
  }

  private static async read(file: VoteFile, width: number, height: number): Promise<VoteBlocks> {
    const bytes = await bytesOf(file, 0, file.lengths_bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const starts = new Float64Array(bytes.byteLength / LENGTH + 1); // beyond 4 GB, too
    starts[0] = file.lengths_bytes;
    for (let at = 0; at + 1 < starts.length; at++) starts[at + 1] = starts[at]! + view.getUint32(at * LENGTH, true);
    return new VoteBlocks(file, width, height, starts);
  }

  /** What each layer says of a pixel, in the order in which they were written. */
  async values(row: number, column: number): Promise<Uint8Array> {
    const side = this.file.block_px;
    const [down, right] = [Math.floor(row / side), Math.floor(column / side)];
    const wide = Math.min(side, this.width - right * side);
    const high = Math.min(side, this.height - down * side);
    const block = await this.block(down * Math.ceil(this.width / side) + right);
    const values = new Uint8Array(block.length / (wide * high));
    const place = (row - down * side) * wide + (column - right * side);
    for (let layer = 0; layer < values.length; layer++) values[layer] = block[layer * wide * high + place]!;
    return values;
  }

  private block(number: number): Promise<Uint8Array> {
    let found = this.blocks.get(number);
    if (found === undefined) {
      const [from, to] = [this.starts[number]!, this.starts[number + 1]!];
      found = bytesOf(this.file, from, to - from).then(unpack);
      found.catch(() => this.blocks.delete(number));
    }
    this.blocks.delete(number); // the last used are kept
    this.blocks.set(number, found);
    if (this.blocks.size > KEPT_BLOCKS) this.blocks.delete(this.blocks.keys().next().value!);
    return found;
  }
}
