/** Controls beside the map: what is shown, compared, hidden, outlined; areas as a table. */

import {h, swatch} from './dom.ts';
import {MOST_OBSERVATIONS, type Toggles} from './mapview.ts';
import {RAMP} from './palette.ts';
import type {District, Site, YearMap} from './site.ts';
import {DATED, KINDS, type Kind, LINES, type Line, type Shown, type State, type YearsOf} from './state.ts';
import {fill, type Words} from './words.ts';

type Choice = [value: string, title: string];

export function select(label: string, id: string, choices: Choice[], value: string, change: (value: string) => void): HTMLElement {
  const box = h('select', {id, change: () => change(box.value)});
  for (const [choice, title] of choices) box.append(h('option', {value: choice, selected: choice === value}, title));
  box.value = value;
  return h('label', {for: id}, h('span', {}, label), box);
}

export function range(label: string, id: string, bounds: [number, number], value: number, text: string, input: (value: number) => void): HTMLElement {
  const slider = h('input', {
    id, type: 'range', min: bounds[0], max: bounds[1], step: 1, value, 'aria-valuetext': text || String(value),
    input: () => input(Number(slider.value)),
  });
  return h('label', {for: id}, h('span', {}, label), slider, text ? h('output', {for: id}, text) : null);
}

export interface SideOptions {
  id: string;
  label: string;
  shown: Shown | null;
  optional: boolean;
  years: YearsOf;
  dates: string[];
  change: (shown: Shown | null) => void;
}

const yearsText = (kind: Kind, year: number): string => (kind === 'change' ? `${year - 1}–${year}` : String(year));

/** What a side shows, in words. */
export function titleOf({kind, year, date}: Shown, words: Words): string {
  return `${words[kind]} ${DATED.has(kind) && date ? date : yearsText(kind, year)}`;
}

/** What one side of the divider shows: kind, year and, for a scene, its date. */
export function sideControls(options: SideOptions, words: Words): HTMLElement {
  const {id, label, shown, optional, years, dates, change} = options;
  const kinds: Choice[] = KINDS.filter((kind) => years(kind).length).map((kind) => [kind, words[kind]]);
  if (optional) kinds.unshift(['', words.nothing]);
  const yearOf = (kind: Kind): number => (shown && years(kind).includes(shown.year) ? shown.year : years(kind).at(-1)!);
  const box = h('div', {class: 'side', id});
  box.append(
    select(label, `${id}-kind`, kinds, shown?.kind ?? '', (kind) =>
      change(kind ? {kind: kind as Kind, year: yearOf(kind as Kind), date: shown?.date ?? ''} : null),
    ),
  );
  if (shown === null) return box;
  box.append(
    select(words.year, `${id}-year`, years(shown.kind).map((one): Choice => [String(one), yearsText(shown.kind, one)]), String(shown.year), (value) =>
      change({...shown, year: Number(value), date: ''}),
    ),
  );
  if (DATED.has(shown.kind)) {
    const place = Math.max(0, dates.indexOf(shown.date));
    box.append(
      dates.length
        ? range(words.date, `${id}-date`, [0, dates.length - 1], place, dates[place]!, (value) =>
            change({...shown, date: dates[value]!}),
          )
        : h('p', {class: 'muted'}, words.noDate),
    );
  }
  return box;
}

function ramp(low: string, high: string, title: string): HTMLElement {
  const bar = h('span', {class: 'ramp', 'aria-hidden': 'true'});
  bar.style.background = `linear-gradient(to right, ${RAMP.join(', ')})`;
  return h('div', {class: 'rampbox'}, h('p', {}, title), bar, h('p', {class: 'ends'}, h('span', {}, low), h('span', {}, high)));
}

/** Codes with their colours, each with a check box. */
function checks(marks: {code: number; color: string; title: string}[], prefix: string, on: (code: number) => boolean, toggle: (code: number, on: boolean) => void): HTMLElement[] {
  return marks.map(({code, color, title}) => {
    const id = `${prefix}-${code}`;
    const check: HTMLInputElement = h('input', {type: 'checkbox', id, checked: on(code), change: () => toggle(code, check.checked)});
    return h('label', {for: id}, check, swatch(color), title);
  });
}

const switched = (codes: readonly number[], code: number, on: boolean): number[] =>
  on ? [...codes, code].sort((a, b) => a - b) : codes.filter((one) => one !== code);

/** The legend of what is shown; each entry can be switched off. */
export function legend(site: Site, state: State, words: Words, change: (toggles: Partial<Toggles>) => void): HTMLElement {
  const {hidden, grades, steps} = state;
  const sides = [state.first, ...(state.second ? [state.second] : [])];
  const kinds = sides.map((shown) => shown.kind);
  const caption = (text: string, kind: Kind): HTMLElement => {
    const {year} = sides.find((shown) => shown.kind === kind) ?? state.first;
    return h('p', {class: 'caption'}, fill(text, {former: year - 1, year}));
  };
  const box = h('fieldset', {class: 'legend'}, h('legend', {}, words.legend));
  const several = kinds.includes('change') || kinds.includes('alert') ? new Set(kinds).size > 1 : false;
  const heading = (title: string): HTMLElement | string => (several ? h('h3', {}, title) : '');
  if (kinds.some((kind) => kind === 'class' || kind === 'prediction')) {
    const clouds = kinds.includes('prediction');
    const classes = site.legend.filter((one) => clouds || !one.cloud);
    box.append(heading(words.class), ...checks(classes, 'class', (code) => !hidden.includes(code), (code, on) => change({hidden: switched(hidden, code, !on)})));
  }
  if (kinds.includes('change')) {
    const marks = site.grades.map((one) => ({...one, title: words[one.name]}));
    box.append(heading(words.change), ...checks(marks, 'grade', (code) => grades.includes(code), (code, on) => change({grades: switched(grades, code, on)})));
    box.append(caption(words.changeCaption, 'change'));
  }
  if (kinds.includes('alert') || state.lines.includes('alerts')) {
    const marks = site.steps.map((one) => ({...one, title: words[one.name]}));
    box.append(kinds.length === 1 && kinds[0] === 'alert' ? '' : h('h3', {}, words.alert), ...checks(marks, 'step', (code) => steps.includes(code), (code, on) => change({steps: switched(steps, code, on)})));
    box.append(caption(words.alertCaption, 'alert'));
  }
  if (kinds.includes('share')) box.append(ramp('0 %', '100 %', words.share));
  if (kinds.includes('probability')) box.append(ramp('0', '1', words.probability));
  if (kinds.includes('observations')) box.append(ramp('1', `${MOST_OBSERVATIONS}+`, words.observations));
  return box;
}

/** Check boxes of the outlines that the site has. */
export function outlines(site: Site, chosen: readonly Line[], words: Words, change: (lines: Line[]) => void): HTMLElement {
  const box = h('fieldset', {}, h('legend', {}, words.outlines));
  for (const line of LINES) {
    if (line !== 'tiles' && !site.outlines.some((outline) => outline.kind === line)) continue;
    const id = `line-${line}`;
    const check: HTMLInputElement = h('input', {
      type: 'checkbox', id, checked: chosen.includes(line),
      change: () => change(LINES.filter((one) => (one === line ? check.checked : chosen.includes(one)))),
    });
    box.append(h('label', {for: id}, check, words[line]));
  }
  return box;
}

/** Districts of a year with their areas, as a table each. */
export function districts(found: District[], year: number, words: Words): HTMLElement {
  const one = ({name, area, said, rows}: District): HTMLElement =>
    h(
      'details',
      {},
      h('summary', {}, h('strong', {}, name), ` ${area}`),
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...[words.class, words.mapped, words.estimated].map((title) => h('th', {scope: 'col'}, title)))),
        h(
          'tbody',
          {},
          ...rows.map((row) =>
            h('tr', {}, h('th', {scope: 'row'}, swatch(row.color), row.title), h('td', {}, row.mapped), h('td', {}, row.estimated)),
          ),
        ),
      ),
      h('p', {class: 'facts'}, said),
    );
  return h('section', {class: 'numbers', 'aria-label': words.zones}, h('h2', {}, `${words.zones}: ${year}`), ...found.map(one));
}

const hectares = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

/** The map's content as a table: areas of the maps of a year, each pixel in its own tile only. */
export function numbers(site: Site, maps: YearMap[], year: number, words: Words): HTMLElement {
  const sums = new Map<string, number>();
  let missing = 0;
  for (const map of maps) {
    for (const [name, area] of Object.entries(map.mapped_ha)) sums.set(name, (sums.get(name) ?? 0) + area);
    missing += map.no_data_ha;
  }
  const total = [...sums.values()].reduce((sum, area) => sum + area, 0);
  const row = (mark: Node | null, title: string, area: number, share: string): HTMLElement =>
    h('tr', {}, h('th', {scope: 'row'}, mark, title), h('td', {}, `${hectares.format(area)} ha`), h('td', {}, share));
  const rows = site.legend
    .filter((one) => (sums.get(one.name) ?? 0) > 0)
    .map((one) => {
      const area = sums.get(one.name)!;
      return row(swatch(one.color), one.title, area, `${((100 * area) / total).toFixed(1)} %`);
    });
  if (missing > 0) rows.push(row(null, words.noData, missing, ''));
  const where = maps.map((map) => map.tile).join(', ');
  return h(
    'section',
    {class: 'numbers', 'aria-label': words.numbers},
    h('h2', {}, `${words.numbers}: ${year}`),
    h('p', {class: 'muted'}, where),
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, words.class), h('th', {scope: 'col'}, words.area), h('th', {scope: 'col'}, words.shareOfMap))),
      h('tbody', {}, ...rows),
    ),
    ...maps.flatMap((map) => [
      h(
        'p',
        {class: 'facts'},
        h('strong', {}, map.tile),
        ` ${map.accuracy} `,
        map.report ? h('a', {href: map.report}, words.report) : null,
      ),
    ]),
  );
}
