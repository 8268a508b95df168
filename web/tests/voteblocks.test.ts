/** Votes of a pixel from a file of blocks, as servers with and without ranges give it. */

import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {after, before, test} from 'node:test';
import {deflateSync} from 'node:zlib';
import {VoteBlocks, type VoteFile} from '../src/voteblocks.ts';

const [SIDE, WIDTH, HEIGHT, LAYERS] = [4, 10, 7, 3]; // blocks at the border are smaller
const valueAt = (layer: number, row: number, column: number): number => (97 * layer + 31 * row + 7 * column) % 256;

/** As `core/pages/vote_blocks.py` writes it. */
function fileOf(): Uint8Array {
  const streams: Buffer[] = [];
  for (let top = 0; top < HEIGHT; top += SIDE) {
    for (let left = 0; left < WIDTH; left += SIDE) {
      const bytes: number[] = [];
      for (let layer = 0; layer < LAYERS; layer++) {
        for (let row = top; row < Math.min(top + SIDE, HEIGHT); row++) {
          for (let column = left; column < Math.min(left + SIDE, WIDTH); column++) bytes.push(valueAt(layer, row, column));
        }
      }
      streams.push(deflateSync(Buffer.from(bytes)));
    }
  }
  const lengths = Buffer.alloc(4 * streams.length);
  streams.forEach((stream, at) => lengths.writeUInt32LE(stream.length, 4 * at));
  return Buffer.concat([lengths, ...streams]);
}

const DATA = fileOf();
const asked: string[] = [];
let server: Server;
let address: string;

before(async () => {
  // The page looks for files inside its own HTML first; here there is no page.
  Object.assign(globalThis, {document: {getElementById: () => null}});
  server = createServer((request, response) => {
    asked.push(request.url!);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (request.url === '/missing') response.writeHead(404).end();
    else if (request.url === '/whole' || !range) response.end(DATA);
    else response.writeHead(206).end(DATA.subarray(Number(range[1]), Number(range[2]) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const file = (name: string): VoteFile => ({
  href: `${address}/${name}`, bytes: DATA.length, block_px: SIDE, lengths_bytes: 4 * 6,
});

for (const name of ['ranges', 'whole']) {
  test(`every pixel has the values that were written, from a server that sends ${name}`, async () => {
    const votes = await VoteBlocks.open(file(name), WIDTH, HEIGHT);
    for (let row = 0; row < HEIGHT; row++) {
      for (let column = 0; column < WIDTH; column++) {
        const wanted = [0, 1, 2].map((layer) => valueAt(layer, row, column));
        assert.deepEqual([...(await votes.values(row, column))], wanted);
      }
    }
  });
}

test('a block is asked for once, and pixels of one block need no more', async () => {
  const votes = await VoteBlocks.open(file('once'), WIDTH, HEIGHT);
  await Promise.all([votes.values(0, 0), votes.values(3, 3), votes.values(1, 2)]);
  await votes.values(0, 9);
  assert.equal(asked.filter((one) => one === '/once').length, 1 + 2);
});

test('a file that is not there is an error that names it, and is asked for again', async () => {
  for (let turn = 1; turn <= 2; turn++) {
    await assert.rejects(VoteBlocks.open(file('missing'), WIDTH, HEIGHT), /\/missing: 404/);
    assert.equal(asked.filter((one) => one === '/missing').length, turn);
  }
});
