/** The vote in the browser: its rules, and that it equals the vote that made the map. */

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import type {Rule} from '../src/site.ts';
import {decide, type Reading} from '../src/vote.ts';

const CLOUDS = [10];
const RULE: Rule = {
  strategy: 'weighted_mode',
  parts: {'0101': [0, 256, 256, 320, 256, 256, 256, 256, 256, 128, 0]},
  flag_masked_pct: 80,
  flag_ground_pct: 50,
  flag_min_dates: 4,
  min_mapping_unit_px: 1,
  head: null,
};
let count = 0;
const reading = (code: number, probability = 200, clear = true, more: Partial<Reading> = {}): Reading => {
  count += 1;
  const id = `scene-${count}`;
  return {id, date: '2023-06-01', datatake: id, code, probability, clear, ...more};
};

test('a class that weighs more wins over one that was seen a little more surely', () => {
  const found = decide([reading(2, 200), reading(3, 170)], RULE, CLOUDS);
  assert.equal(found.code, 3);
  assert.equal(found.share, Math.floor((255 * 170 * 320) / (170 * 320 + 200 * 256)));
});

test('clouds, no data and masked pixels do not vote', () => {
  const found = decide([reading(10), reading(0, 0), reading(5, 255, false)], RULE, CLOUDS);
  assert.deepEqual([found.code, found.share, found.observations], [0, 0, 0]);
  assert.deepEqual(found.votes.map((vote) => vote.reason).sort(), ['cloud', 'masked', 'outside']);
});

test('equal scores go to the smaller code', () => {
  assert.equal(decide([reading(6), reading(2)], RULE, CLOUDS).code, 2);
});

test('a roof that is masked on every date is counted all the same', () => {
  const found = decide([1, 2, 3, 4].map(() => reading(7, 220, false)), RULE, CLOUDS);
  assert.equal(found.code, 7);
  assert.ok(found.flagged);
  assert.ok(found.votes.every((vote) => vote.reason === 'overruled'));
});

test('two datastrips of a pass vote once, by the surer one', () => {
  const pass = {datatake: 'one'};
  const found = decide([reading(2, 100, true, pass), reading(5, 200, true, pass)], RULE, CLOUDS);
  assert.deepEqual([found.code, found.observations], [5, 1]);
  assert.deepEqual(found.votes.map((vote) => vote.reason).sort(), ['counted', 'merged']);
});

test('weights are those of the part of the year', () => {
  const parts = {'0101': RULE.parts['0101']!, '0701': RULE.parts['0101']!.map((w, code) => (code === 5 ? 1024 : w))};
  const spring = reading(2, 255, true, {date: '2023-06-30'});
  const summer = reading(5, 100, true, {date: '2023-07-01'});
  assert.equal(decide([spring, summer], {...RULE, parts}, CLOUDS).code, 5);
});

interface Case {
  rule: Rule;
  clouds: number[];
  readings: Reading[];
  expected: {code: number; share: number; observations: number; flagged: boolean; reasons: Record<string, string>};
}

test('cases of the code that makes maps come out the same', {skip: !process.env.LULC_VOTE_CASES}, () => {
  const cases = JSON.parse(readFileSync(process.env.LULC_VOTE_CASES!, 'utf8')) as Case[];
  assert.ok(cases.length > 0);
  for (const {rule, clouds, readings, expected} of cases) {
    const found = decide(readings, rule, clouds);
    const {code, share, observations, flagged} = found;
    const reasons = Object.fromEntries(found.votes.map((vote) => [vote.id, vote.reason]));
    assert.deepEqual({code, share, observations, flagged, reasons}, expected);
  }
});
