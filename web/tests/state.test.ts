/** The address keeps the view, and a damaged one does no harm. */

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readState, type State, writeState} from '../src/state.ts';

const USUAL: State = {
  lon: 0, lat: 0, resolution: 0, epsg: 32633, first: {kind: 'class', year: 2023, date: ''}, second: null,
  split: 50, opacity: 100, hidden: [], grades: [1, 2], steps: [1, 2, 3], lines: ['tiles'], pixel: null,
};
const read = (hash: string): State => readState(hash, (kind) => (kind === 'change' ? [2023] : [2022, 2023]), [32632, 32633], USUAL);

test('what is written is read back', () => {
  const state: State = {
    lon: 14.5, lat: 46.05, resolution: 5.25, epsg: 32632, first: {kind: 'prediction', year: 2022, date: '2022-06-05'},
    second: {kind: 'photo', year: 2023, date: '2023-07-01'}, split: 33, opacity: 60, hidden: [2, 5], grades: [1, 2], steps: [1, 2, 3], lines: ['units', 'labels'],
    pixel: [14.51, 46.06],
  };
  assert.deepEqual(read(`#${writeState(state)}`), state);
});

test('without outlines, none are drawn', () => {
  assert.deepEqual(read(`#${writeState({...USUAL, lines: []})}`).lines, []);
});

test('what is shown of change and alerts is kept, even nothing', () => {
  const state: State = {...USUAL, first: {kind: 'change', year: 2023, date: ''}, lines: ['alerts'], grades: [1, 3], steps: []};
  assert.deepEqual(read(`#${writeState(state)}`), state);
});

for (const hash of ['#show=change:2022', '#grades=a', '#steps=1.5', '', '#', '#at=a,b,c', '#at=46,14,0', '#show=nothing:2023', '#show=class:1999', '#zone=4326', '#hide=x', '#pixel=1', '#split=&opacity=']) {
  test(`the address ${hash || '(none)'} gives the usual view`, () => assert.deepEqual(read(hash), USUAL));
}

test('a divider stays on the map', () => {
  assert.equal(read('#with=class:2022&split=900').split, 100);
});
