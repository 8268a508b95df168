/** Every language says everything, with the same gaps. */

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fill, LANGUAGES} from '../src/words.ts';

const gaps = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();

test('sentences have the same gaps in all languages', () => {
  const english = LANGUAGES.en!.words;
  for (const [code, {words}] of Object.entries(LANGUAGES)) {
    assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort(), code);
    for (const [name, text] of Object.entries(words)) {
      assert.ok(text.trim(), `${code}.${name}`);
      assert.deepEqual(gaps(text), gaps(english[name as keyof typeof english]), `${code}.${name}`);
    }
  }
});

test('a gap is filled, and one without a value stays', () => {
  assert.equal(fill('{n} of {m}', {n: 3}), '3 of {m}');
});
