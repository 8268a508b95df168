/**
 * The map itself: layers of the two sides, the divider between them, outlines, the chosen pixel.
 *
 * What belongs here: OpenLayers. What does not: controls (`panel`) and votes (`pixel`).
 */

import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import {createEmpty, extend, type Extent, getArea, getCenter, intersects} from 'ol/extent.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import {fromExtent} from 'ol/geom/Polygon.js';
import type BaseLayer from 'ol/layer/Base.js';
import type ImageLayer from 'ol/layer/Image.js';
import LayerGroup from 'ol/layer/Group.js';
import type TileLayer from 'ol/layer/Tile.js';
import VectorLayer from 'ol/layer/Vector.js';
import {fromLonLat, toLonLat} from 'ol/proj.js';
import {getRenderPixel} from 'ol/render.js';
import type RenderEvent from 'ol/render/Event.js';
import type ImageStatic from 'ol/source/ImageStatic.js';
import VectorSource from 'ol/source/Vector.js';
import {LayerFile} from './layerfile.ts';
import {markerStyle, outlineStyle, tileStyle} from './outlines.ts';
import {classPalette, markPalette, palePalette, rampPalette} from './palette.ts';
import {type Details, type Mark, readJson, type Scene, type Site, type Step, type StoredFile, type Tile, type TileChange, type YearMap} from './site.ts';
import type {Line, Shown} from './state.ts';
import {byteLayer, extentOf, photoLayer} from './tiles.ts';

export const MOST_OBSERVATIONS = 40;
/** Share of the view that the tiles must cover for the whole project to be shown first. */
const SEEN = 0.2;

/** Codes that are hidden, of classes, or shown, of grades of change and steps of alerts. */
export interface Toggles {
  hidden: readonly number[];
  grades: readonly number[];
  steps: readonly number[];
}

/** One side of the divider: what it shows, and the layers that were made for it so far. */
class Side {
  readonly group = new LayerGroup();
  shown: Shown | null = null;
  private made = new Set<string>();
  private version = 0;

  constructor(private readonly view: MapView) {}

  show(shown: Shown | null): Promise<void> {
    const changed = JSON.stringify(shown) !== JSON.stringify(this.shown);
    this.shown = shown;
    if (!changed) return Promise.resolve();
    return this.reset();
  }

  /** Forget all layers, and make those that are in view. */
  async reset(): Promise<void> {
    this.version++;
    this.made.clear();
    const former = this.group.getLayers().getArray().slice();
    try {
      await this.fill();
    } finally {
      // Former layers stay until the new ones can be drawn: no flash of white.
      for (const layer of former) this.group.getLayers().remove(layer);
    }
  }

  /** Make the layers of tiles that came into view. */
  async fill(): Promise<void> {
    if (this.shown === null) return;
    const {shown, version} = this;
    await Promise.all(
      this.view.tilesInView().map(async (tile) => {
        if (this.made.has(tile.tile)) return;
        this.made.add(tile.tile);
        for (const layer of await this.view.layersOf(shown, tile)) {
          if (version !== this.version) return;
          layer.on('prerender' as never, (event: RenderEvent) => this.view.clip(event, this, tile));
          layer.on('postrender' as never, (event: RenderEvent) => (event.context as CanvasRenderingContext2D).restore());
          this.group.getLayers().push(layer);
        }
      }),
    );
  }
}

export class MapView {
  readonly map: OlMap;
  private readonly first = new Side(this);
  private readonly second = new Side(this);
  private readonly lines = new LayerGroup();
  private readonly marker = new VectorSource();
  private split = 0.5;
  private palette: Uint32Array;
  private gradePalette: Uint32Array;
  private stepPalette: Uint32Array;
  private steps: ReadonlySet<number>;
  private readonly pale: Uint32Array;
  private readonly sharePalette = rampPalette(255);
  private readonly countPalette = rampPalette(MOST_OBSERVATIONS);
  private epsg: number;

  constructor(
    target: HTMLElement,
    private readonly site: Site,
    epsg: number,
    toggles: Toggles,
    private readonly complain: (what: unknown) => void,
  ) {
    this.epsg = epsg;
    this.palette = classPalette(site.legend, new Set(toggles.hidden));
    this.gradePalette = markPalette(site.grades, new Set(toggles.grades));
    this.steps = new Set(toggles.steps);
    this.stepPalette = markPalette(site.steps, this.steps);
    this.pale = palePalette(site.legend);
    this.map = new OlMap({
      target,
      controls: [new Zoom(), new ScaleLine()],
      layers: [
        this.first.group,
        this.second.group,
        this.lines,
        new VectorLayer({source: this.marker, style: markerStyle}),
      ],
      view: this.viewOf(epsg),
    });
    this.map.on('moveend', () => void this.fill().catch(complain));
  }

  private viewOf(epsg: number): View {
    const tiles = this.site.tiles.filter((tile) => tile.epsg === epsg);
    const view = new View({projection: `EPSG:${epsg}`, maxResolution: 2000, minResolution: 0.25});
    view.setCenter(getCenter(extentOf(tiles[0]!)));
    view.setResolution(100);
    return view;
  }

  get projection(): string {
    return `EPSG:${this.epsg}`;
  }

  /** Tiles that the present UTM zone can show. */
  get tiles(): Tile[] {
    return this.site.tiles.filter((tile) => tile.epsg === this.epsg);
  }

  /** Tiles to begin with: all, or the first where they lie so far apart that none could be seen. */
  start(): Tile[] {
    const {tiles} = this;
    const whole = wholeOf(tiles);
    const covered = tiles.map(extentOf).reduce((sum, box) => sum + getArea(box), 0);
    return covered > SEEN * getArea(whole) ? tiles : tiles.slice(0, 1);
  }

  /** Look at some tiles, all of one UTM zone. */
  async fit(tiles: Tile[]): Promise<void> {
    const epsg = tiles[0]!.epsg;
    if (epsg !== this.epsg) {
      this.epsg = epsg;
      this.map.setView(this.viewOf(epsg));
      await Promise.all([this.first.reset(), this.second.reset()]);
    }
    this.map.getView().fit(wholeOf(tiles), {padding: [12, 12, 12, 12]});
  }

  lookAt(lon: number, lat: number, resolution: number): void {
    this.map.getView().setCenter(fromLonLat([lon, lat], this.projection));
    this.map.getView().setResolution(resolution);
  }

  where(): {lon: number; lat: number; resolution: number} {
    const view = this.map.getView();
    const [lon, lat] = toLonLat(view.getCenter()!, this.projection);
    return {lon: lon!, lat: lat!, resolution: view.getResolution()!};
  }

  show(first: Shown, second: Shown | null): Promise<unknown> {
    return Promise.all([this.first.show(first), this.second.show(second)]);
  }

  /** Show or hide classes, grades of change and steps of alerts. */
  async toggle({hidden, grades, steps}: Toggles): Promise<void> {
    this.palette = classPalette(this.site.legend, new Set(hidden));
    this.gradePalette = markPalette(this.site.grades, new Set(grades));
    this.steps = new Set(steps);
    this.stepPalette = markPalette(this.site.steps, this.steps);
    // OpenLayers keeps painted tiles when a source is refreshed, so the layers are made anew.
    await Promise.all([this.first.reset(), this.second.reset()]);
  }

  set opacity(share: number) {
    this.first.group.setOpacity(share);
    this.second.group.setOpacity(share);
  }

  set divider(share: number) {
    this.split = share;
    this.map.render();
  }

  tilesInView(): Tile[] {
    const view = this.map.getView().calculateExtent(this.map.getSize());
    return this.tiles.filter((tile) => intersects(extentOf(tile), view));
  }

  mapsInView(year: number): [Tile, YearMap][] {
    return this.tilesInView().flatMap((tile) => {
      const map = this.mapOf(tile, year);
      return map ? [[tile, map] as [Tile, YearMap]] : [];
    });
  }

  private mapOf(tile: Tile, year: number): YearMap | undefined {
    return this.site.maps.find((one) => one.tile === tile.tile && one.year === year);
  }

  changeOf(tile: Tile, year: number): TileChange | undefined {
    return this.site.changes.find((one) => one.tile === tile.tile && one.year === year);
  }

  private async fill(): Promise<void> {
    await Promise.all([this.first.fill(), this.second.fill()]);
  }

  /** Layers of a side on a tile, from below to above. */
  async layersOf(shown: Shown, tile: Tile): Promise<(TileLayer | ImageLayer<ImageStatic>)[]> {
    const bytes = async (file: StoredFile, palette: () => Uint32Array): Promise<TileLayer> =>
      byteLayer(await LayerFile.open(file), tile, palette);
    try {
      const map = this.mapOf(tile, shown.year);
      if (shown.kind === 'change' || shown.kind === 'alert') {
        const {yearly, alerts} = this.changeOf(tile, shown.year) ?? {yearly: null, alerts: null};
        const file = shown.kind === 'change' ? yearly?.grade : alerts?.step;
        const before = this.mapOf(tile, shown.year - 1);
        if (!file) return [];
        const palette = (): Uint32Array => (shown.kind === 'change' ? this.gradePalette : this.stepPalette);
        return await Promise.all([...(before ? [bytes(before.class, () => this.pale)] : []), bytes(file, palette)]);
      }
      if (map === undefined) return [];
      switch (shown.kind) {
        case 'class':
          return [await bytes(map.class, () => this.palette)];
        case 'share':
          return [await bytes(map.vote_share, () => this.sharePalette)];
        case 'observations':
          return [await bytes(map.observations, () => this.countPalette)];
        default: {
          const scenes = scenesOn(await readJson<Details>(map.details.href), shown.date);
          if (shown.kind === 'photo') {
            return scenes.flatMap((scene) => (scene.photo ? [photoLayer(scene.photo, tile)] : []));
          }
          const predicted = shown.kind === 'prediction';
          return await Promise.all(
            scenes.map((scene) =>
              predicted ? bytes(scene.class, () => this.palette) : bytes(scene.probability, () => this.sharePalette),
            ),
          );
        }
      }
    } catch (error) {
      this.complain(error);
      return [];
    }
  }

  /** Cut a side's layer at the divider and where another tile is shown; `postrender` restores the canvas. */
  clip(event: RenderEvent, side: Side, tile: Tile): void {
    const context = event.context as CanvasRenderingContext2D;
    context.save();
    const {width, height} = context.canvas;
    const scale = context.getTransform();
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [left, bottom, right, top] of tile.hidden) {
      // Whole pixels of the canvas: else both tiles are half transparent along the seam.
      const at = (x: number, y: number): number[] =>
        getRenderPixel(event, this.map.getPixelFromCoordinate([x, y])).map(Math.round);
      const [x, y] = at(left, top);
      const [end, last] = at(right, bottom);
      context.beginPath();
      context.rect(0, 0, width, height);
      context.rect(x!, y!, end! - x!, last! - y!);
      context.clip('evenodd');
    }
    if (this.second.shown !== null) {
      const at = Math.round(width * this.split);
      context.beginPath();
      if (side === this.first) context.rect(0, 0, at, height);
      else context.rect(at, 0, width - at, height);
      context.clip();
    }
    context.setTransform(scale);
  }

  /** Draw the outlines that are asked for. */
  async outline(kinds: readonly Line[], years: readonly number[]): Promise<void> {
    const {legend} = this.site;
    const wanted: BaseLayer[] = [];
    if (kinds.includes('tiles')) wanted.push(this.tileOutlines());
    for (const outline of this.site.outlines) {
      if (!kinds.includes(outline.kind) || (outline.year !== null && !years.includes(outline.year))) continue;
      if (outline.tile !== null && !this.tiles.some((tile) => tile.tile === outline.tile)) continue;
      const features = new GeoJSON().readFeatures(await readJson(outline.file.href), {featureProjection: this.projection});
      wanted.push(
        new VectorLayer({
          source: new VectorSource({features}),
          style: (feature) => outlineStyle(outline.kind, feature.getProperties(), legend, this.stepsShown()),
        }),
      );
    }
    this.lines.getLayers().clear();
    for (const layer of wanted) this.lines.getLayers().push(layer);
  }

  private stepsShown(): Mark<Step>[] {
    return this.site.steps.filter((one) => this.steps.has(one.code));
  }

  private tileOutlines(): VectorLayer {
    const features = this.tiles.map((tile) => new Feature({geometry: fromExtent(extentOf(tile)), name: tile.tile}));
    return new VectorLayer({
      source: new VectorSource({features}),
      style: (feature) => tileStyle(feature.get('name') as string),
    });
  }

  /**
   * The pixel at a coordinate, of the tile that shows it. A year that has alerts and no map yet is
   * judged against the year before, whose votes are given.
   */
  pixelAt(coordinate: number[], year: number): {tile: Tile; map: YearMap; row: number; column: number} | null {
    const inside = (box: Extent): boolean =>
      coordinate[0]! >= box[0]! && coordinate[0]! < box[2]! && coordinate[1]! > box[1]! && coordinate[1]! <= box[3]!;
    const maps = this.tiles.flatMap((tile) => {
      const map = this.mapOf(tile, year) ?? (this.changeOf(tile, year) && this.mapOf(tile, year - 1));
      return map && inside(extentOf(tile)) ? [{tile, map}] : [];
    });
    const found = maps.find(({tile}) => !tile.hidden.some(inside)) ?? maps[0];
    if (found === undefined) return null;
    const {x0, y0, pixel_m} = found.tile;
    return {
      ...found,
      row: Math.floor((y0 - coordinate[1]!) / pixel_m),
      column: Math.floor((coordinate[0]! - x0) / pixel_m),
    };
  }

  /** Frame a pixel, or none. */
  mark(pixel: {tile: Tile; row: number; column: number} | null): void {
    this.marker.clear();
    if (pixel === null) return;
    const {x0, y0, pixel_m} = pixel.tile;
    const [left, top] = [x0 + pixel.column * pixel_m, y0 - pixel.row * pixel_m];
    this.marker.addFeature(new Feature(fromExtent([left, top - pixel_m, left + pixel_m, top])));
  }

  toMap(lon: number, lat: number): number[] {
    return fromLonLat([lon, lat], this.projection);
  }

  toDegrees(coordinate: number[]): [number, number] {
    const [lon, lat] = toLonLat(coordinate, this.projection);
    return [lon!, lat!];
  }
}

function wholeOf(tiles: Tile[]): Extent {
  const whole = createEmpty();
  for (const tile of tiles) extend(whole, extentOf(tile));
  return whole;
}

/** The scenes of a date; without one, of the first date. */
export function scenesOn(details: Details, date: string): Scene[] {
  const day = date || details.scenes.map((scene) => scene.date).sort()[0];
  return details.scenes.filter((scene) => scene.date === day);
}
