/**
 * The learned vote of one pixel, counted again in the browser.
 *
 * The same arithmetic as `core/compositing/vote_head_kernel.py`; all numbers stay below 2^53, so
 * that they are exact here too.
 */

export interface Head {
  /** First days of the parts of the year, MMDD. */
  parts: string[];
  needed: boolean[];
  known: boolean[];
  /** By class of land, then by input. */
  weights: number[][];
}

/** What a pass says: its part of the year, code of land or 0 for clouds, probability, mask. */
export interface View {
  part: string;
  land: number;
  probability: number;
  clear: boolean;
}

const ONE = 1024;
const share = (value: number, total: number): number =>
  total > 0 ? Math.floor((2 * ONE * value + total) / (2 * total)) : 0;
const sum = (values: number[]): number => values.reduce((one, other) => one + other, 0);

/** The head's class, or 0 where it leaves the pixel to the plain vote. */
export function learned(head: Head, views: View[], flagged: boolean, scores: Map<number, number>): number {
  const land = head.known.length;
  const parts = head.parts.length;
  const counted = new Array<number>(parts * land).fill(0);
  const masked = new Array<number>(parts * land).fill(0);
  const tallies = new Array<number>(4 * parts).fill(0);
  const seen = new Array<boolean>(parts).fill(false);
  for (const {part, land: code, probability, clear} of views) {
    const at = head.parts.indexOf(part);
    const counts = clear || flagged;
    tallies[4 * at + (clear ? 0 : 2) + (code > 0 ? 0 : 1)]! += 1;
    if (code === 0) continue;
    if (counts) counted[at * land + code - 1]! += probability;
    if (!clear) masked[at * land + code - 1]! += probability;
    if (counts) seen[at] = true;
  }
  if (head.needed.some((needed, part) => needed && !seen[part])) return 0;
  const inputs = [counted, masked, tallies].flatMap((values) => {
    const total = sum(values);
    return values.map((value) => share(value, total));
  });
  inputs.push(ONE);
  let best = 0;
  let most = 0;
  for (let code = 1; code <= land; code++) {
    if (!head.known[code - 1] || !(scores.get(code)! > 0)) continue;
    const weights = head.weights[code - 1]!;
    const logit = sum(inputs.map((input, at) => input * weights[at]!));
    if (best === 0 || logit > most) [best, most] = [code, logit];
  }
  return best;
}
