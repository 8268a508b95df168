/** What is shown, and how it is written into the address, so that a link opens the same view. */

export const KINDS = ['class', 'share', 'observations', 'photo', 'prediction', 'probability', 'change', 'alert'] as const;
export type Kind = (typeof KINDS)[number];
export const DATED: ReadonlySet<Kind> = new Set<Kind>(['photo', 'prediction', 'probability']);
/** Kinds that compare a year with the year before. */
export const OF_CHANGE: ReadonlySet<Kind> = new Set<Kind>(['change', 'alert']);
export const LINES = ['tiles', 'units', 'labels', 'alerts', 'zones'] as const;
export type Line = (typeof LINES)[number];

export interface Shown {
  kind: Kind;
  year: number;
  /** Of a scene; empty: the first of the year. */
  date: string;
}

export interface State {
  lon: number;
  lat: number;
  /** Metres a screen pixel; 0: fit the place. */
  resolution: number;
  epsg: number;
  first: Shown;
  second: Shown | null;
  split: number;
  opacity: number;
  hidden: number[];
  /** Codes of change that are shown; flicker, which is mostly error, is not at first. */
  grades: number[];
  /** Codes of alerts that are shown; rejected ones are not at first. */
  steps: number[];
  lines: Line[];
  pixel: [number, number] | null;
}

const isKind = (text: string): text is Kind => (KINDS as readonly string[]).includes(text);
const isLine = (text: string): text is Line => (LINES as readonly string[]).includes(text);

function numbers(text: string | null, count: number): number[] | null {
  const found = (text ?? '').split(',').map(Number);
  return found.length === count && text && found.every(Number.isFinite) ? found : null;
}

export type YearsOf = (kind: Kind) => number[];

function readShown(text: string | null, years: YearsOf): Shown | null {
  const [kind = '', year = '', date = ''] = (text ?? '').split(':');
  if (!isKind(kind) || !years(kind).includes(Number(year))) return null;
  return {kind, year: Number(year), date: /^\d{4}-\d{2}-\d{2}$/.test(date) ? date : ''};
}

const clamp = (value: number): number => Math.min(100, Math.max(0, value));

function codes(text: string | null, usual: number[]): number[] {
  if (text === null) return usual;
  const found = text.split(',').filter(Boolean).map(Number);
  return found.every(Number.isInteger) ? found : usual;
}

/** What an address says; what it does not say, or says wrongly, is as in `fallback`. */
export function readState(hash: string, years: YearsOf, zones: number[], fallback: State): State {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const at = numbers(query.get('at'), 3);
  const zone = Number(query.get('zone'));
  const pixel = numbers(query.get('pixel'), 2);
  return {
    ...fallback,
    ...(at && at[2]! > 0 ? {lat: at[0]!, lon: at[1]!, resolution: at[2]!} : {}),
    epsg: zones.includes(zone) ? zone : fallback.epsg,
    first: readShown(query.get('show'), years) ?? fallback.first,
    second: readShown(query.get('with'), years),
    split: clamp(numbers(query.get('split'), 1)?.[0] ?? fallback.split),
    opacity: clamp(numbers(query.get('opacity'), 1)?.[0] ?? fallback.opacity),
    hidden: codes(query.get('hide'), []),
    grades: codes(query.get('grades'), fallback.grades),
    steps: codes(query.get('steps'), fallback.steps),
    lines: query.has('lines') ? query.get('lines')!.split(',').filter(isLine) : fallback.lines,
    pixel: pixel ? [pixel[1]!, pixel[0]!] : null,
  };
}

const writeShown = (shown: Shown): string =>
  [shown.kind, shown.year, ...(DATED.has(shown.kind) && shown.date ? [shown.date] : [])].join(':');

/** The part of the address after `#`. */
export function writeState(state: State): string {
  const parts: Record<string, string> = {
    at: [state.lat.toFixed(6), state.lon.toFixed(6), state.resolution.toPrecision(5)].join(','),
    zone: String(state.epsg),
    show: writeShown(state.first),
  };
  if (state.second) {
    parts.with = writeShown(state.second);
    parts.split = state.split.toFixed(0);
  }
  if (state.opacity !== 100) parts.opacity = state.opacity.toFixed(0);
  if (state.hidden.length) parts.hide = state.hidden.join(',');
  const kinds = [state.first.kind, state.second?.kind];
  if (kinds.includes('change')) parts.grades = state.grades.join(',');
  if (kinds.includes('alert') || state.lines.includes('alerts')) parts.steps = state.steps.join(',');
  parts.lines = state.lines.join(',');
  if (state.pixel) parts.pixel = [state.pixel[1].toFixed(6), state.pixel[0].toFixed(6)].join(',');
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
