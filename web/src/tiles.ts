/** OpenLayers sources of our layers: blocks of a COG painted on canvases, pictures as they are. */

import ImageLayer from 'ol/layer/Image.js';
import TileLayer from 'ol/layer/Tile.js';
import ImageStatic from 'ol/source/ImageStatic.js';
import ImageTile from 'ol/source/ImageTile.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import type {LayerFile} from './layerfile.ts';
import {imageUrl, type Photo, type Tile} from './site.ts';

export function extentOf(tile: Tile): [number, number, number, number] {
  return [tile.x0, tile.y0 - tile.height * tile.pixel_m, tile.x0 + tile.width * tile.pixel_m, tile.y0];
}

function paint(block: Uint8Array, side: [number, number], valid: [number, number], palette: Uint32Array): HTMLCanvasElement {
  const [width, height] = side;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = side;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < Math.min(height, valid[1]); row++) {
    for (let at = row * width, end = at + Math.min(width, valid[0]); at < end; at++) {
      pixels[at] = palette[block[at]!]!;
    }
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

/** A layer of bytes, painted by a palette. */
export function byteLayer(file: LayerFile, tile: Tile, palette: () => Uint32Array): TileLayer {
  const extent = extentOf(tile);
  const coarsest = file.levels.length - 1;
  const full = file.levels[0]!;
  const side: [number, number] = [full.getTileWidth(), full.getTileHeight()];
  const resolutions = [...file.levels].reverse().map((level) => (extent[2] - extent[0]) / level.getWidth());
  const source = new ImageTile({
    projection: `EPSG:${tile.epsg}`,
    tileGrid: new TileGrid({extent, origin: [extent[0], extent[3]], resolutions, tileSize: side}),
    interpolate: false,
    wrapX: false,
    transition: 0,
    loader: async (z, x, y) => {
      const image = file.levels[coarsest - z]!;
      const valid: [number, number] = [image.getWidth() - x * side[0], image.getHeight() - y * side[1]];
      return paint(await file.block(coarsest - z, x, y), side, valid, palette());
    },
  });
  return new TileLayer({source, extent, cacheSize: 64});
}

/** A picture with known corners. */
export function photoLayer(photo: Photo, tile: Tile): ImageLayer<ImageStatic> {
  const source = new ImageStatic({
    url: imageUrl(photo.href),
    imageExtent: photo.extent,
    projection: `EPSG:${tile.epsg}`,
    interpolate: false,
  });
  return new ImageLayer({source, extent: extentOf(tile)});
}
