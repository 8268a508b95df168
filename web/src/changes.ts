/** Change at a pixel: read from the layers of change and alerts, put into words. */

import {h, swatch} from './dom.ts';
import {LayerFile} from './layerfile.ts';
import type {Alerts, LegendClass, Mark, Site, StoredFile, TileChange, Yearly} from './site.ts';
import {fill, type Words} from './words.ts';

/** What stands in a pixel of a change map or of alerts. */
export interface Seen {
  /** Grade or step; 0: none. */
  code: number;
  from: number;
  to: number;
  /** 0 to 1. */
  probability: number;
  /** First date that shows it, or null. */
  since: string | null;
}

export interface PixelChange {
  of: TileChange;
  yearly: Seen | null;
  alert: Seen | null;
}

const DAY_MS = 86_400_000;
const DAY_ZERO = Date.UTC(2014, 11, 31);
/** `from_to` = FROM · class of the former year + class of this year. */
const FROM = 100;

export function dayOf(number: number): string | null {
  return number > 0 ? new Date(DAY_ZERO + number * DAY_MS).toISOString().slice(0, 10) : null;
}

async function look(files: StoredFile[], row: number, column: number): Promise<Seen> {
  const [code, fromTo, probability, day] = await Promise.all(
    files.map(async (file) => (await LayerFile.open(file)).value(row, column)),
  );
  return {
    code: code!,
    from: Math.floor(fromTo! / FROM),
    to: fromTo! % FROM,
    probability: probability! / 255,
    since: dayOf(day!),
  };
}

/** Layers of a mark, a transition, a probability and a day: what `look` reads. */
const layersOfYear = (one: Yearly): StoredFile[] => [one.grade, one.from_to, one.posterior, one.changed_on];
const layersOfAlerts = (one: Alerts): StoredFile[] => [one.step, one.from_to, one.probability, one.first_on];

/** Read what the layers of a tile's change say of a pixel. */
export async function readChange(of: TileChange, row: number, column: number): Promise<PixelChange> {
  const {yearly, alerts} = of;
  const [change, alert] = await Promise.all([
    yearly && look(layersOfYear(yearly), row, column),
    alerts && look(layersOfAlerts(alerts), row, column),
  ]);
  return {of, yearly: change, alert};
}

/** Files that a click will read. */
export function filesOf({yearly, alerts}: TileChange): StoredFile[] {
  return [...(yearly ? layersOfYear(yearly) : []), ...(alerts ? layersOfAlerts(alerts) : [])];
}

function pair(seen: Seen, legend: LegendClass[], words: Words): (Node | string)[] {
  const one = (code: number): (Node | string)[] => {
    const found = legend.find((known) => known.code === code);
    return found ? [swatch(found.color), found.title] : [words.noData];
  };
  return seen.to > 0 ? [...one(seen.from), ' → ', ...one(seen.to)] : one(seen.from);
}

function sentence(title: string, mark: Mark<string> | undefined, what: (Node | string)[], details: string[]): HTMLElement {
  return h(
    'div',
    {class: 'change'},
    h('h3', {}, title),
    h('p', {}, mark ? swatch(mark.color) : null, ...what),
    details.length > 0 && h('p', {class: 'muted'}, details.join(' · ')),
  );
}

/** The panel's sections on the change of a pixel; what is not known has none. */
export function describeChange({of, yearly, alert}: PixelChange, site: Site, words: Words): HTMLElement[] {
  const years = {former: of.year - 1, year: of.year};
  const found: HTMLElement[] = [];
  if (yearly) {
    const mark = site.grades.find((one) => one.code === yearly.code);
    const what = mark
      ? [h('strong', {}, words[mark.name]), ': ', ...pair(yearly, site.legend, words)]
      : [yearly.from > 0 && yearly.to > 0 ? words.mapsAgree : words.notCompared];
    const details = mark
      ? [
          words[`${mark.name}Means`],
          yearly.since && fill(words.since, {date: yearly.since}),
          fill(words.posterior, {percent: (100 * yearly.probability).toFixed(0)}),
        ]
      : [];
    found.push(sentence(fill(words.changeTitle, years), mark, what, details.filter((one) => one !== null)));
  }
  if (alert && of.alerts) {
    const mark = site.steps.find((one) => one.code === alert.code);
    const until = fill(words.scenesUntil, {date: of.alerts.scenes_until});
    const what = mark ? [h('strong', {}, words[mark.name]), ': ', ...pair(alert, site.legend, words)] : [words.noAlert];
    const details = mark
      ? [
          alert.since && fill(words.since, {date: alert.since}),
          fill(words.alertProbability, {percent: (100 * alert.probability).toFixed(0)}),
          until,
        ]
      : [until];
    found.push(sentence(fill(words.alertTitle, years), mark, what, details.filter((one) => one !== null)));
  }
  return found;
}

const hectares = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const MOST_ROWS = 12;

function table(head: string[], rows: (Node | string)[][]): HTMLElement {
  return h(
    'table',
    {},
    h('thead', {}, h('tr', {}, ...head.map((title) => h('th', {scope: 'col'}, title)))),
    h('tbody', {}, ...rows.map(([first, ...rest]) => h('tr', {}, h('th', {scope: 'row'}, first!), ...rest.map((cell) => h('td', {}, cell))))),
  );
}

/** What the layer of change shows, as a table: transitions whose change is shown by the dates. */
export function changeNumbers(site: Site, changes: TileChange[], year: number, words: Words): HTMLElement | null {
  const sums = new Map<string, [number, number, number]>();
  const known = changes.flatMap(({yearly}) => (yearly ? [yearly] : []));
  if (known.length === 0) return null;
  for (const {from, to, ha} of known.flatMap((one) => one.transitions)) {
    const sum = sums.get(`${from} ${to}`) ?? [0, 0, 0];
    sum[0] += ha.sustained ?? 0;
    sum[1] += ha.recent ?? 0;
    sum[2] += (ha.flicker ?? 0) + (ha.insufficient ?? 0);
    sums.set(`${from} ${to}`, sum);
  }
  const title = (name: string): string => site.legend.find((one) => one.name === name)?.title ?? name;
  const shown = [...sums].sort(([, a], [, b]) => b[0] + b[1] - a[0] - a[1]);
  const rows = shown
    .filter(([, [sustained, recent]]) => sustained + recent > 0)
    .slice(0, MOST_ROWS)
    .map(([names, areas]) => [names.split(' ').map(title).join(' → '), ...areas.slice(0, 2).map((area) => hectares.format(area))]);
  const doubtful = shown.reduce((sum, [, areas]) => sum + areas[2], 0);
  return h(
    'section',
    {class: 'numbers', 'aria-label': words.changeNumbers},
    h('h2', {}, `${words.changeNumbers}: ${year - 1}–${year}`),
    rows.length ? table([words.transition, `${words.sustained}, ha`, `${words.recent}, ha`], rows) : h('p', {}, words.noChange),
    h('p', {class: 'facts'}, fill(words.doubtful, {ha: hectares.format(doubtful)})),
    ...links(changes, words),
  );
}

/** What the layer of alerts shows, as a table: alerts by step. */
export function alertNumbers(site: Site, changes: TileChange[], year: number, words: Words): HTMLElement | null {
  const known = changes.flatMap(({alerts}) => (alerts ? [alerts] : []));
  if (known.length === 0) return null;
  const sum = (of: 'number' | 'area_ha', step: string): number => known.reduce((total, one) => total + (one[of][step] ?? 0), 0);
  const rows = site.steps.map(({name, color}) => [
    h('span', {}, swatch(color), words[name]),
    String(sum('number', name)),
    name === 'rejected' ? '–' : hectares.format(sum('area_ha', name)),
  ]);
  const until = known.map((one) => one.scenes_until).sort().at(-1)!;
  return h(
    'section',
    {class: 'numbers', 'aria-label': words.alertNumbers},
    h('h2', {}, `${words.alertNumbers}: ${year}`),
    table([words.step, words.number, `${words.area}, ha`], rows),
    h('p', {class: 'facts'}, `${fill(words.scenesUntil, {date: until})}.`),
    ...links(changes, words),
  );
}

function links(changes: TileChange[], words: Words): HTMLElement[] {
  return changes.map(({tile, report}) => h('p', {class: 'facts'}, h('strong', {}, tile), ' ', h('a', {href: report}, words.changeReport)));
}
