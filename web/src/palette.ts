/** Colours of layers: one 32-bit RGBA value for each of the 256 values of a byte. */

import type {LegendClass, Mark} from './site.ts';

/** Cividis at nine steps: readable with any kind of colour vision, and in grey. */
export const RAMP = ['#00224e', '#123570', '#3b496c', '#575d6d', '#707173', '#8a8678', '#a59c74', '#c3b369', '#fee838'];

function rgb(color: string): [number, number, number] {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) as [number, number, number];
}

/** As the bytes of a canvas lie in memory, lowest first: red, green, blue, alpha. */
function pack([red, green, blue]: readonly number[]): number {
  return ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
}

/** Classes in the legend's colours; no data, unknown and hidden classes are transparent. */
export function classPalette(legend: LegendClass[], hidden: ReadonlySet<number>): Uint32Array {
  const table = new Uint32Array(256);
  for (const one of legend) if (!hidden.has(one.code)) table[one.code] = pack(rgb(one.color));
  return table;
}

const PALE = 0.72;

/** The same classes whitened, so that what is drawn over them stands out. */
export function palePalette(legend: LegendClass[]): Uint32Array {
  const table = new Uint32Array(256);
  for (const {code, color} of legend) table[code] = pack(rgb(color).map((v) => Math.round(v + (255 - v) * PALE)));
  return table;
}

/** Codes in their colours, where they are shown. */
export function markPalette(marks: Mark<string>[], shown: ReadonlySet<number>): Uint32Array {
  const table = new Uint32Array(256);
  for (const {code, color} of marks) if (shown.has(code)) table[code] = pack(rgb(color));
  return table;
}

/** A ramp from 1 to `most`; 0 is transparent. */
export function rampPalette(most: number): Uint32Array {
  const table = new Uint32Array(256);
  const colors = RAMP.map(rgb);
  for (let value = 1; value < 256; value++) {
    const place = (Math.min(value, most) / most) * (colors.length - 1);
    const [low, share] = [Math.floor(place), place % 1];
    const [from, to] = [colors[low]!, colors[Math.min(low + 1, colors.length - 1)]!];
    table[value] = pack(from.map((v, channel) => Math.round(v + share * (to[channel]! - v))));
  }
  return table;
}
