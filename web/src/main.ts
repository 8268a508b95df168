/** The page: one state, drawn by the map and the panel, kept in the address. */

import 'ol/ol.css';
import './map.css';
import {h} from './dom.ts';
import {alertNumbers, changeNumbers, describeChange, filesOf, type PixelChange, readChange} from './changes.ts';
import {LayerFile} from './layerfile.ts';
import {MapView} from './mapview.ts';
import * as panel from './panel.ts';
import {describePixel, type Pixel, type Trace, tracePixel} from './pixel.ts';
import {Printing} from './printing.ts';
import {type Details, type District, readJson, type Site, type TileChange, type YearMap} from './site.ts';
import {DATED, type Kind, OF_CHANGE, readState, type Shown, type State, writeState} from './state.ts';
import {VoteBlocks} from './voteblocks.ts';
import {LANGUAGES, fill, type Words} from './words.ts';

const IDLE_MAPS = 4;

class Page {
  private readonly state: State;
  private readonly view: MapView;
  private words: Words;
  private language: string;
  private readonly printing: Printing;
  private dates = new Map<number, string[]>();
  private trace: {pixel: Pixel; found: Trace; change: PixelChange | null} | null = null;
  private districts: District[] = [];
  private asked = 0;

  private readonly mapBox = document.getElementById('map')!;
  private readonly controls = document.getElementById('controls')!;
  private readonly pixelBox = document.getElementById('pixel')!;
  private readonly numbersBox = document.getElementById('numbers')!;
  private readonly status = document.getElementById('status')!;
  private readonly divider = document.getElementById('divider')!;

  constructor(private readonly site: Site) {
    const zones = [...new Set(site.tiles.map((tile) => tile.epsg))];
    const latest: Shown = {kind: 'class', year: this.yearsOf('class').at(-1)!, date: ''};
    const usual: State = {
      lon: 0, lat: 0, resolution: 0, epsg: this.commonZone(), first: latest, second: null,
      split: 50, opacity: 100, hidden: [], grades: [1, 2], steps: [1, 2, 3], lines: site.tiles.length > 1 ? ['tiles'] : [], pixel: null,
    };
    this.state = readState(location.hash, (kind) => this.yearsOf(kind), zones, usual);
    this.language = navigator.language.slice(0, 2) in LANGUAGES ? navigator.language.slice(0, 2) : 'en';
    this.words = LANGUAGES[this.language]!.words;
    this.view = new MapView(this.mapBox, site, this.state.epsg, this.state, (what) => this.complain(what));
    this.printing = new Printing(this.view.map, this.mapBox.parentElement!, () => this.titles().join(' | '));
  }

  /** What the sides show, in words. */
  private titles(): string[] {
    const {first, second} = this.state;
    return [first, ...(second ? [second] : [])].map((shown) => panel.titleOf(shown, this.words));
  }

  /** Years that have something of a kind. */
  private yearsOf(kind: Kind): number[] {
    const {maps, changes} = this.site;
    const having =
      kind === 'change' ? changes.filter((one) => one.yearly) : kind === 'alert' ? changes.filter((one) => one.alerts) : maps;
    return [...new Set(having.map(({year}) => year))].sort((a, b) => a - b);
  }

  /** The UTM zone of most tiles. */
  private commonZone(): number {
    const counts = new Map<number, number>();
    for (const tile of this.site.tiles) counts.set(tile.epsg, (counts.get(tile.epsg) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a)[0]![0];
  }

  async start(): Promise<void> {
    const {state, view} = this;
    if (state.resolution > 0) view.lookAt(state.lon, state.lat, state.resolution);
    else await view.fit(view.start());
    view.opacity = state.opacity / 100;
    view.divider = state.split / 100;
    view.map.on('moveend', () => this.moved());
    // Not `singleclick`, which waits a quarter of a second for a second click.
    view.map.on('click', (event) => void this.ask(event.coordinate));
    this.mapBox.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') void this.ask(view.map.getView().getCenter()!);
    });
    this.watchDivider();
    this.translate();
    this.draw();
    await this.apply();
    if (state.pixel) await this.ask(view.toMap(...state.pixel));
    view.map.once('rendercomplete', () => {
      document.documentElement.dataset.ready = 'true';
      const later = window.requestIdleCallback ?? ((call: () => void) => setTimeout(call, 500));
      later(() => void this.openVotes().catch(() => undefined));
    });
    view.map.render();
  }

  /** Read where the votes of the maps in view lie, so that the first click need not. */
  private async openVotes(): Promise<void> {
    for (const [tile, map] of this.view.mapsInView(this.state.first.year).slice(0, IDLE_MAPS)) {
      const {votes} = await readJson<Details>(map.details.href);
      await VoteBlocks.open(votes, tile.width, tile.height);
      const change = this.site.changes.find((one) => one.tile === map.tile && one.year === map.year);
      if (change) await Promise.all(filesOf(change).map((file) => LayerFile.open(file)));
    }
    document.documentElement.dataset.opened = 'true';
  }

  private complain(what: unknown): void {
    this.status.textContent = fill(this.words.failed, {what: what instanceof Error ? what.message : String(what)});
  }

  /** Other tiles may have come into view, which have other dates. */
  private moved(): void {
    this.remember();
    const {first, second} = this.state;
    if ([first, second].some((shown) => shown && DATED.has(shown.kind))) void this.apply();
  }

  private remember(): void {
    Object.assign(this.state, this.view.where());
    history.replaceState(null, '', `#${writeState(this.state)}`);
  }

  /** Bring the map to the state. */
  private async apply(): Promise<void> {
    const {first, second, lines} = this.state;
    for (const shown of [first, second]) {
      if (shown && DATED.has(shown.kind)) await this.findDates(shown);
    }
    await this.readDistricts().catch((error: unknown) => this.complain(error));
    this.draw();
    this.divider.hidden = second === null;
    try {
      await this.view.show(first, second);
      await this.view.outline(lines, [first, ...(second ? [second] : [])].map((shown) => shown.year));
    } catch (error) {
      this.complain(error);
    }
    this.remember();
  }

  /** The dates of a year on the tiles in view; a date that they do not have becomes the first. */
  private async findDates(shown: Shown): Promise<void> {
    const inView = this.view.mapsInView(shown.year).map(([, map]) => map);
    const maps = inView.length ? inView : this.mapsOf(shown.year);
    const details = await Promise.all(maps.map((map) => readJson<Details>(map.details.href)));
    const dates = details.flatMap(({scenes}) => scenes.map((scene) => scene.date));
    const known = [...new Set(dates)].sort();
    this.dates.set(shown.year, known);
    if (!known.includes(shown.date)) shown.date = known[0] ?? '';
  }

  private mapsOf(year: number): YearMap[] {
    const tiles = new Set(this.view.tiles.map((tile) => tile.tile));
    return this.site.maps.filter((map) => map.year === year && tiles.has(map.tile));
  }

  private changesOf(year: number): TileChange[] {
    const tiles = new Set(this.view.tiles.map((tile) => tile.tile));
    return this.site.changes.filter((one) => one.year === year && tiles.has(one.tile));
  }

  /** Districts of the year that the first side shows, if their outlines are drawn. */
  private async readDistricts(): Promise<void> {
    const {lines, first} = this.state;
    const wanted = lines.includes('zones') ? this.site.outlines.filter((one) => one.kind === 'zones' && one.year === first.year) : [];
    const read = await Promise.all(wanted.map(({file}) => readJson<{features: {properties: District}[]}>(file.href)));
    this.districts = read.flatMap(({features}) => features.map(({properties}) => properties));
  }

  /** The page's content as tables: of what each side shows. */
  private tables(): HTMLElement[] {
    const {site, state, words} = this;
    const sides = [state.first, ...(state.second ? [state.second] : [])];
    const ofChange = (kind: Kind): HTMLElement[] =>
      [...new Set(sides.filter((shown) => shown.kind === kind).map(({year}) => year))].flatMap((year) => {
        const make = kind === 'change' ? changeNumbers : alertNumbers;
        return make(site, this.changesOf(year), year, words) ?? [];
      });
    const mapped = sides.find((shown) => !OF_CHANGE.has(shown.kind)) ?? {year: this.yearsOf('class').at(-1)!};
    return [
      ...ofChange('change'),
      ...ofChange('alert'),
      panel.numbers(site, this.mapsOf(mapped.year), mapped.year, words),
      ...(this.districts.length ? [panel.districts(this.districts, state.first.year, words)] : []),
    ];
  }

  /** Build the controls anew; the one in use keeps the focus. */
  private draw(): void {
    const {site, state, words} = this;
    const focused = document.activeElement?.id;
    const side = (id: 'first' | 'second', label: string): HTMLElement =>
      panel.sideControls(
        {
          id, label, shown: state[id], optional: id === 'second', years: (kind) => this.yearsOf(kind),
          dates: (state[id] && this.dates.get(state[id].year)) || [],
          change: (shown) => {
            if (id === 'second') state.second = shown;
            else state.first = shown!;
            void this.apply();
          },
        },
        words,
      );
    this.controls.replaceChildren(
      this.places(),
      side('first', words.show),
      side('second', words.compare),
      state.second
        ? panel.range(words.split, 'split', [0, 100], state.split, `${state.split.toFixed(0)} %`, (value) => this.moveDivider(value))
        : '',
      panel.range(words.opacity, 'opacity', [0, 100], state.opacity, `${state.opacity} %`, (value) => {
        state.opacity = value;
        this.view.opacity = value / 100;
        this.label('opacity', `${value} %`);
        this.remember();
      }),
      panel.legend(site, state, words, (toggles) => {
        Object.assign(state, toggles);
        void this.view.toggle(state).then(() => this.apply()).catch((error: unknown) => this.complain(error));
      }),
      panel.outlines(site, state.lines, words, (lines) => {
        state.lines = lines;
        void this.apply();
      }),
      this.linkButton(),
      panel.select(
        words.language, 'language', Object.entries(LANGUAGES).map(([code, {title}]) => [code, title]), this.language,
        (code) => {
          this.language = code;
          this.words = LANGUAGES[code]!.words;
          this.translate();
          this.draw();
          this.drawPixel();
        },
      ),
    );
    this.numbersBox.replaceChildren(...this.tables());
    this.divider.style.left = `${state.split}%`;
    if (focused) document.getElementById(focused)?.focus();
  }

  private label(id: string, text: string): void {
    const output = this.controls.querySelector(`output[for="${id}"]`);
    if (output) output.textContent = text;
    document.getElementById(id)?.setAttribute('aria-valuetext', text);
  }

  /** Where to look: the project, its regions, its tiles. */
  private places(): HTMLElement {
    const {site, words} = this;
    const regions = [...new Set(site.tiles.flatMap((tile) => tile.regions))].sort();
    const choices: [string, string][] = [['', words.wholeProject]];
    for (const region of regions) choices.push([`region:${region}`, `${words.region} ${region}`]);
    for (const tile of site.tiles) choices.push([`tile:${tile.tile}`, tile.place ? `${tile.tile} · ${tile.place}` : tile.tile]);
    return panel.select(words.place, 'place', choices, '', (choice) => {
      const [kind, name] = choice.split(/:(.*)/s);
      const wanted = site.tiles.filter((tile) =>
        kind === 'tile' ? tile.tile === name : kind === 'region' ? tile.regions.includes(name!) : true,
      );
      const epsg = (wanted.find((tile) => tile.epsg === this.state.epsg) ?? wanted[0]!).epsg;
      this.state.epsg = epsg;
      const shown = wanted.filter((tile) => tile.epsg === epsg);
      this.status.textContent = shown.length < wanted.length ? words.otherZone : '';
      void this.view.fit(shown).then(() => this.apply());
    });
  }

  private linkButton(): HTMLElement {
    const button = h('button', {
      type: 'button', id: 'link',
      click: async () => {
        this.remember();
        try {
          await navigator.clipboard.writeText(location.href);
          this.status.textContent = this.words.copied;
        } catch {
          this.status.textContent = location.href; // a page opened from disk has no clipboard
        }
      },
    }, this.words.copyLink);
    const print = h('button', {type: 'button', id: 'print', click: () => void this.printing.print()}, this.words.print);
    return h('p', {class: 'buttons'}, button, print);
  }

  private translate(): void {
    document.documentElement.lang = this.language;
    this.mapBox.setAttribute('aria-label', this.words.mapLabel);
    const home = document.getElementById('home');
    if (home) home.textContent = this.words.allMaps;
    if (this.trace === null) this.drawPixel();
  }

  private moveDivider(percent: number): void {
    this.state.split = Math.min(100, Math.max(0, percent));
    this.view.divider = this.state.split / 100;
    this.divider.style.left = `${this.state.split}%`;
    this.label('split', `${this.state.split.toFixed(0)} %`);
    const slider = document.getElementById('split') as HTMLInputElement | null;
    if (slider) slider.value = String(this.state.split);
    this.remember();
  }

  private watchDivider(): void {
    const handle = this.divider;
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = this.mapBox.getBoundingClientRect();
      this.moveDivider((100 * (event.clientX - box.left)) / box.width);
    });
  }

  /** Show the votes behind the pixel at a coordinate of the map. */
  private async ask(coordinate: number[]): Promise<void> {
    const turn = ++this.asked;
    const began = performance.now();
    const {year} = this.state.first;
    const pixel = this.view.pixelAt(coordinate, year);
    this.view.mark(pixel);
    this.state.pixel = pixel && this.view.toDegrees(coordinate);
    this.trace = null;
    if (pixel === null) {
      this.status.textContent = fill(this.words.outsideMap, {year});
      this.drawPixel();
      this.remember();
      return;
    }
    this.status.textContent = this.words.reading;
    try {
      const known = this.view.changeOf(pixel.tile, this.yearOfChange());
      const [found, change] = await Promise.all([
        tracePixel(pixel, this.site.legend),
        known ? readChange(known, pixel.row, pixel.column) : null,
      ]);
      if (turn !== this.asked) return;
      this.trace = {pixel, found, change};
      this.status.textContent = '';
      this.drawPixel();
      this.pixelBox.dataset.milliseconds = (performance.now() - began).toFixed(0);
      this.pixelBox.scrollIntoView({block: 'nearest'});
    } catch (error) {
      this.complain(error);
    }
    this.remember();
  }

  /** The year whose change a click tells: that of a side that shows change, else of the first. */
  private yearOfChange(): number {
    const {first, second} = this.state;
    return second && OF_CHANGE.has(second.kind) && !OF_CHANGE.has(first.kind) ? second.year : first.year;
  }

  private drawPixel(): void {
    const {words, trace} = this;
    this.pixelBox.toggleAttribute('data-open', trace !== null);
    if (trace === null) {
      this.pixelBox.replaceChildren(h('h2', {}, words.pixel), h('p', {class: 'muted'}, words.pixelHint));
      return;
    }
    const {pixel, found, change} = trace;
    const [lon, lat] = this.state.pixel!;
    const close = h('button', {
      type: 'button', class: 'close', 'aria-label': words.close,
      click: () => {
        this.trace = null;
        this.state.pixel = null;
        this.view.mark(null);
        this.drawPixel();
        this.remember();
      },
    }, '×');
    const showDate = (date: string): void => {
      this.state.second = {kind: 'prediction', year: pixel.map.year, date};
      void this.apply();
    };
    this.pixelBox.replaceChildren(
      h('h2', {}, words.pixel, close),
      h('p', {class: 'muted'}, `${words.pixelAt} ${lat.toFixed(5)}, ${lon.toFixed(5)} · ${pixel.tile.tile} ${pixel.map.year}`),
      ...(change ? describeChange(change, this.site, words) : []),
      ...describePixel(found, pixel, this.site.legend, words, showDate),
    );
  }

  /** For tests, and for programs that print: draw the map for paper. */
  onPaper(): Promise<void> {
    return this.printing.prepare();
  }

  /** For tests and benchmarks: when all that is in view is drawn. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.view.map.once('rendercomplete', () => resolve());
      this.view.map.render();
    });
  }

  /** For tests: the votes of pixels of a tile, as the panel would count them. */
  async traceAt(tile: string, year: number, row: number, column: number): Promise<Trace> {
    const map = this.site.maps.find((one) => one.tile === tile && one.year === year)!;
    const found = this.site.tiles.find((one) => one.tile === tile)!;
    return tracePixel({tile: found, map, row, column}, this.site.legend);
  }
}

async function main(): Promise<void> {
  const text = document.getElementById('site')?.textContent;
  const site = text ? (JSON.parse(text) as Site) : await readJson<Site>('site.json');
  const page = new Page(site);
  Object.assign(window, {lulc: {trace: page.traceAt.bind(page), settled: page.settled.bind(page), onPaper: page.onPaper.bind(page)}});
  await page.start();
}

main().catch((error: unknown) => {
  const status = document.getElementById('status')!;
  status.textContent = `The map could not be opened: ${error instanceof Error ? error.message : String(error)}`;
});
