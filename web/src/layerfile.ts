/**
 * A layer of a map: a one-band, 8- or 16-bit Cloud Optimized GeoTIFF, read block by block.
 *
 * What belongs here: opening, decoding, keeping decoded blocks. The TIFF itself is read by
 * geotiff.js; deflate is decoded by the browser, which is several times quicker than script.
 */

import {BaseDecoder, fromArrayBuffer, fromUrl, type GeoTIFF, type GeoTIFFImage, getDecoder} from 'geotiff';
import {embeddedBytes, type StoredFile} from './site.ts';

const HEADER_BYTES = 16384;
const KEPT_BLOCKS = 400; // of 256 KB at most
const OPTIONS = {blockSize: HEADER_BYTES, cacheSize: 64, allowFullFile: true};

class NativeDeflate extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBufferLike> {
    const packed = new Blob([buffer as ArrayBuffer]).stream();
    return new Response(packed.pipeThrough(new DecompressionStream('deflate'))).arrayBuffer();
  }
}

const DEFLATE: ReadonlySet<number> = new Set([8, 32946]);

async function decoderOf(image: GeoTIFFImage): Promise<BaseDecoder> {
  const directory = image.fileDirectory;
  const compression = Number(await directory.loadValue('Compression'));
  const parameters = {
    tileWidth: image.getTileWidth(),
    tileHeight: image.getTileHeight(),
    predictor: Number((await directory.loadValue('Predictor')) ?? 1),
    bitsPerSample: 8 * image.getBytesPerPixel(),
    planarConfiguration: 1,
  };
  return DEFLATE.has(compression) ? new NativeDeflate(parameters) : getDecoder(compression, parameters);
}

const blocks = new Map<string, Promise<Uint8Array>>();

function remember(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const found = blocks.get(key);
  if (found !== undefined) {
    blocks.delete(key); // the last used are kept
    blocks.set(key, found);
    return found;
  }
  const made = make();
  blocks.set(key, made);
  made.catch(() => blocks.delete(key));
  if (blocks.size > KEPT_BLOCKS) blocks.delete(blocks.keys().next().value!);
  return made;
}

export class LayerFile {
  private constructor(
    readonly href: string,
    /** Full size first. */
    readonly levels: GeoTIFFImage[],
    private readonly decoders: BaseDecoder[],
  ) {}

  private static readonly opened = new Map<string, Promise<LayerFile>>();

  static open(file: StoredFile): Promise<LayerFile> {
    let found = LayerFile.opened.get(file.href);
    if (found === undefined) {
      found = LayerFile.read(file);
      LayerFile.opened.set(file.href, found);
      found.catch(() => LayerFile.opened.delete(file.href));
    }
    return found;
  }

  private static async read(file: StoredFile): Promise<LayerFile> {
    const inside = embeddedBytes(file.href);
    const tiff: GeoTIFF = inside
      ? await fromArrayBuffer(inside.buffer)
      : await fromUrl(file.href, OPTIONS);
    const count = await tiff.getImageCount();
    const levels: GeoTIFFImage[] = [];
    for (let level = 0; level < count; level++) levels.push(await tiff.getImage(level));
    return new LayerFile(file.href, levels, await Promise.all(levels.map(decoderOf)));
  }

  /** The decoded bytes of a block, row by row, 16-bit values low byte first; blocks at the border are padded. */
  block(level: number, column: number, row: number): Promise<Uint8Array> {
    return remember(`${this.href}#${level}/${column}/${row}`, async () => {
      const found = await this.levels[level]!.getTileOrStrip(column, row, 0, this.decoders[level]!);
      return new Uint8Array(found.data);
    });
  }

  /** The value of a pixel of the full size. */
  async value(row: number, column: number): Promise<number> {
    const image = this.levels[0]!;
    const [width, height] = [image.getTileWidth(), image.getTileHeight()];
    const block = await this.block(0, Math.floor(column / width), Math.floor(row / height));
    const place = (row % height) * width + (column % width);
    return image.getBytesPerPixel() === 1 ? block[place]! : block[2 * place]! | (block[2 * place + 1]! << 8);
  }
}
