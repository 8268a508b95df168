/** The votes behind a pixel: read from the layers, counted again, put into words and bars. */

import {h, svg, swatch} from './dom.ts';
import {type Details, imageUrl, type LegendClass, readJson, type Scene, type Tile, type YearMap} from './site.ts';
import {decide, type DateVote, type Decision, type MapValue, type Reading} from './vote.ts';
import {VoteBlocks} from './voteblocks.ts';
import {fill, type Words} from './words.ts';

export interface Pixel {
  tile: Tile;
  map: YearMap;
  row: number;
  column: number;
}

export interface Trace {
  stored: MapValue;
  decision: Decision;
  scenes: Map<string, Scene>;
  agrees: boolean;
  sieved: boolean;
}

/** Layers of the map, then of each scene, in the order in which they are stored. */
const OF_MAP = 3;
const OF_SCENE = 3;

/** Read all that was said of a pixel, and count it. */
export async function tracePixel({tile, map, row, column}: Pixel, legend: LegendClass[]): Promise<Trace> {
  const {rule, scenes, votes} = await readJson<Details>(map.details.href);
  const said = await (await VoteBlocks.open(votes, tile.width, tile.height)).values(row, column);
  const [code, share, observations] = said as unknown as [number, number, number];
  const readings = scenes.map(({id, date, datatake}, place): Reading => {
    const [seen, probability, mask] = said.subarray(OF_MAP + OF_SCENE * place) as unknown as [number, number, number];
    return {id, date, datatake, code: seen, probability, clear: mask > 0};
  });
  const clouds = legend.filter((one) => one.cloud).map((one) => one.code);
  const decision = decide(readings, rule, clouds);
  const same = code === decision.code && share === decision.share;
  const sieved = rule.min_mapping_unit_px > 1 && code !== decision.code && share === 0;
  return {
    stored: {code, share, observations},
    decision,
    scenes: new Map(scenes.map((scene) => [scene.id, scene])),
    agrees: (same || sieved) && observations === decision.observations,
    sieved,
  };
}

const percent = (share: number): string => `${((100 * share) / 255).toFixed(0)} %`;
const BAR = 14;
const HEIGHT = 72;

/** A bar a date: height is the probability, colour the class, hollow where it did not count. */
function strip(votes: DateVote[], color: (code: number) => string, title: (code: number) => string): SVGElement {
  const bars = votes.map((vote, place) => {
    const height = Math.max(3, (vote.probability / 255) * (HEIGHT - 4));
    return svg(
      'rect',
      {
        x: place * BAR + 2,
        y: HEIGHT - height,
        width: BAR - 4,
        height,
        fill: vote.counted ? color(vote.code) : 'none',
        stroke: vote.counted ? '#1f2933' : '#5b6773',
        'stroke-width': vote.counted ? 0.6 : 1,
        'stroke-dasharray': vote.counted ? 'none' : '2 2',
      },
      svg('title', {}, `${vote.date}: ${title(vote.code)}`),
    );
  });
  return svg(
    'svg',
    {viewBox: `0 0 ${Math.max(votes.length, 12) * BAR} ${HEIGHT}`, class: 'strip', 'aria-hidden': 'true', preserveAspectRatio: 'xMinYMax meet'},
    ...bars,
  );
}

/** Do something when an element comes into view: pictures of a year take long to decode. */
function whenSeen(element: Element, call: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    call();
  });
  observer.observe(element);
}

function thumbnail(scene: Scene | undefined, pixel: Pixel, words: Words): HTMLElement {
  const photo = scene?.photo;
  if (!photo) return h('span', {class: 'thumb none'}, words.photoMissing);
  const canvas = h('canvas', {class: 'thumb', width: 64, height: 64, 'aria-hidden': 'true'});
  const image = new Image();
  image.onload = () => {
    const {x0, y0, pixel_m} = pixel.tile;
    const scale = image.naturalWidth / (photo.extent[2] - photo.extent[0]);
    const side = Math.max(33, 330 / pixel_m) * pixel_m; // a third of a kilometre around
    const x = x0 + (pixel.column + 0.5) * pixel_m - photo.extent[0] - side / 2;
    const y = photo.extent[3] - (y0 - (pixel.row + 0.5) * pixel_m) - side / 2;
    const context = canvas.getContext('2d')!;
    context.imageSmoothingEnabled = false;
    context.drawImage(image, x * scale, y * scale, side * scale, side * scale, 0, 0, 64, 64);
    context.strokeStyle = '#fff';
    context.strokeRect(28.5, 28.5, 7, 7);
    context.strokeStyle = '#1f2933';
    context.strokeRect(27.5, 27.5, 9, 9);
  };
  whenSeen(canvas, () => {
    image.src = imageUrl(photo.href);
  });
  return canvas;
}

/** The panel's content for a pixel. */
export function describePixel(
  trace: Trace,
  pixel: Pixel,
  legend: LegendClass[],
  words: Words,
  showDate: (date: string) => void,
): Node[] {
  const known = new Map(legend.map((one) => [one.code, one]));
  const color = (code: number): string => known.get(code)?.color ?? '#dedede';
  const title = (code: number): string => known.get(code)?.title ?? words.noData;
  const {stored, decision} = trace;
  const counted = decision.votes.filter((vote) => vote.counted).length;
  const verdict = trace.sieved
    ? words.sieved
    : trace.agrees
      ? words.agrees
      : fill(words.disagrees, {class: title(decision.code), share: percent(decision.share)});
  const head = h(
    'p',
    {class: 'winner'},
    swatch(color(stored.code)),
    h('strong', {}, title(stored.code)),
    stored.code ? ` ${percent(stored.share)} ${words.ofVotes}` : '',
  );
  const most = Math.max(1, ...decision.scores.values());
  const scores = [...decision.scores].sort(([, a], [, b]) => b - a).map(([code, score]) => {
    const bar = h('span', {class: 'bar'});
    bar.style.width = `${(70 * score) / most}%`;
    bar.style.background = color(code);
    return h('li', {}, h('span', {class: 'name'}, title(code)), h('span', {class: 'track'}, bar, ` ${(score / 65280).toFixed(2)}`));
  });
  const rows = decision.votes.map((vote) =>
    h(
      'li',
      {class: vote.counted ? 'vote' : 'vote left'},
      thumbnail(trace.scenes.get(vote.id), pixel, words),
      h(
        'div',
        {},
        h(
          'button',
          {type: 'button', class: 'date', title: fill(words.showDate, {date: vote.date}), click: () => showDate(vote.date)},
          vote.date,
        ),
        ' ',
        swatch(color(vote.code)),
        title(vote.code),
        h(
          'p',
          {},
          vote.code
            ? `${words.probabilityShort} ${(vote.probability / 255).toFixed(2)} · ${words.weight} ${(vote.weight_256 / 256).toFixed(2)}`
            : '',
        ),
        h('p', {class: 'why'}, words[vote.reason]),
      ),
    ),
  );
  const content: (Node | false)[] = [
    head,
    h('p', {}, fill(words.datesCounted, {n: counted, m: decision.votes.length})),
    h('p', {class: trace.agrees ? 'check' : 'check wrong', role: 'status'}, stored.code || decision.code ? verdict : words.noVotes),
    decision.plain !== decision.code && h('p', {class: 'check'}, fill(words.learned, {class: title(decision.plain)})),
    decision.flagged && h('p', {class: 'check'}, words.flagged),
    strip(decision.votes, color, title),
    scores.length > 0 && h('h3', {}, words.perClass),
    scores.length > 0 && h('ul', {class: 'scores'}, ...scores),
    h('h3', {}, words.allDates),
    h('ul', {class: 'votes'}, ...rows),
  ];
  return content.filter((node) => node !== false);
}
