/**
 * The vote of one pixel, counted again in the browser.
 *
 * The same arithmetic as `core/compositing/kernel.py` and `core/lineage/pixel.py`; a test feeds
 * both with the same readings. What belongs here: numbers in, decision out. No reading, no page.
 */

import {learned, type View} from './head.ts';
import type {Rule} from './site.ts';

export interface Reading {
  id: string;
  date: string;
  datatake: string;
  code: number;
  probability: number;
  /** Whether the scene classification lets the pixel vote. */
  clear: boolean;
}

export type Reason = 'counted' | 'overruled' | 'outside' | 'cloud' | 'masked' | 'merged';

export interface DateVote extends Reading {
  reason: Reason;
  counted: boolean;
  weight_256: number;
  score: number;
}

export interface MapValue {
  code: number;
  share: number;
  observations: number;
}

export interface Decision extends MapValue {
  /** Code of the plain vote; another one where a learned vote decided otherwise. */
  plain: number;
  flagged: boolean;
  scores: Map<number, number>;
  votes: DateVote[];
}

const CERTAIN = 256 * 255;

/** By code unit, as Python compares text; never by the reader's language. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function partOf(date: string, parts: string[]): string {
  const day = date.slice(5, 7) + date.slice(8, 10);
  return parts.filter((part) => part <= day).at(-1) ?? parts[0]!;
}

/** Among the datastrips of a pass, which one speaks: see `merge_datastrips`. */
function rank(reading: Reading, cloud: ReadonlySet<number>): number {
  if (reading.code === 0) return 0;
  const votes = reading.clear && !cloud.has(reading.code) ? 1 : 0;
  const clear = reading.clear ? 1 : 0;
  return (1 + clear + 2 * votes) * 65536 + reading.probability * 256 + (255 - reading.code);
}

interface Pass {
  name: string;
  date: string;
  speaker: Reading;
  others: Reading[];
}

function passesOf(readings: Reading[], cloud: ReadonlySet<number>): Pass[] {
  const grouped = new Map<string, Reading[]>();
  for (const reading of [...readings].sort((a, b) => compare(a.id, b.id))) {
    const found = grouped.get(reading.datatake);
    if (found === undefined) grouped.set(reading.datatake, [reading]);
    else found.push(reading);
  }
  const passes = [...grouped].map(([name, strips]) => {
    let speaker = strips[0]!;
    for (const strip of strips) if (rank(strip, cloud) > rank(speaker, cloud)) speaker = strip;
    const date = strips.map((strip) => strip.date).sort()[0]!;
    return {name, date, speaker, others: strips.filter((strip) => strip !== speaker)};
  });
  return passes.sort((a, b) => compare(a.date, b.date) || compare(a.name, b.name));
}

/** Whether SCL masks the pixel nearly always while the network sees ground. */
function isFlagged(passes: Pass[], rule: Rule, cloud: ReadonlySet<number>): boolean {
  let dates = 0;
  let masked = 0;
  let ground = 0;
  for (const {speaker} of passes) {
    if (speaker.code === 0) continue;
    dates++;
    if (speaker.clear) continue;
    masked++;
    if (!cloud.has(speaker.code)) ground++;
  }
  return (
    dates >= rule.flag_min_dates &&
    100 * masked > rule.flag_masked_pct * dates &&
    100 * ground > rule.flag_ground_pct * masked
  );
}

function reasonOf(reading: Reading, flagged: boolean, cloud: ReadonlySet<number>): Reason {
  if (reading.code === 0) return 'outside';
  if (cloud.has(reading.code)) return 'cloud';
  if (reading.clear) return 'counted';
  return flagged ? 'overruled' : 'masked';
}

/** Count the readings of a pixel. */
export function decide(readings: Reading[], rule: Rule, cloudCodes: Iterable<number>): Decision {
  const cloud = new Set(cloudCodes);
  const parts = Object.keys(rule.parts).sort();
  const passes = passesOf(readings, cloud);
  const flagged = isFlagged(passes, rule, cloud);
  const votes: DateVote[] = [];
  for (const pass of passes) {
    const weights = rule.parts[partOf(pass.date, parts)]!;
    for (const reading of [pass.speaker, ...pass.others]) {
      const speaks = reading === pass.speaker || reading.code === 0;
      const reason = speaks ? reasonOf(reading, flagged, cloud) : 'merged';
      const counted = reason === 'counted' || reason === 'overruled';
      const weight = weights[reading.code] ?? 0;
      const unit = rule.strategy === 'plain_mode' ? 1 : reading.probability;
      votes.push({...reading, reason, counted, weight_256: weight, score: counted ? unit * weight : 0});
    }
  }
  const scores = new Map<number, number>();
  for (const vote of votes) {
    if (vote.counted) scores.set(vote.code, (scores.get(vote.code) ?? 0) + vote.score);
  }
  const plain = rule.strategy === 'latest' ? latest(votes) : largest(scores, votes, rule);
  let value = plain;
  if (rule.head !== null && plain.code !== 0) {
    const views = passes.filter(({speaker}) => speaker.code !== 0).map(({date, speaker}): View => {
      const land = cloud.has(speaker.code) ? 0 : speaker.code;
      return {part: partOf(date, parts), land, probability: speaker.probability, clear: speaker.clear};
    });
    const code = learned(rule.head, views, flagged, scores);
    const total = [...scores.values()].reduce((sum, score) => sum + score, 0);
    if (code !== 0) value = {...plain, code, share: Math.floor((255 * scores.get(code)!) / total)};
  }
  votes.sort((a, b) => compare(a.date, b.date) || compare(a.id, b.id));
  return {...value, plain: plain.code, flagged, scores, votes};
}

function largest(scores: Map<number, number>, votes: DateVote[], rule: Rule): MapValue {
  let code = 0;
  let best = 0;
  let total = 0;
  for (const [candidate, score] of [...scores].sort(([a], [b]) => a - b)) {
    total += score;
    if (score > best) [code, best] = [candidate, score];
  }
  const count = votes.filter((vote) => vote.counted).length;
  const whole = rule.strategy === 'mean_probability' ? CERTAIN * count : total;
  const share = whole > 0 ? Math.floor((255 * best) / whole) : 0;
  return {code, share, observations: Math.min(count, 255)};
}

/** The last clear view; votes come by time. */
function latest(votes: DateVote[]): MapValue {
  const counted = votes.filter((vote) => vote.counted);
  const last = counted.at(-1);
  return {
    code: last?.code ?? 0,
    share: last?.probability ?? 0,
    observations: Math.min(counted.length, 255),
  };
}
