import { expect, test } from 'vitest';
import { valueAt } from '../../src/diagnosis/json-pointer.ts';

const VALUE = { a: { 'b/c': 1, 'd~e': 2, '': 3, list: [10, 20] }, nothing: null };

test.each([
  ['/a/b~1c', 1],
  ['/a/d~0e', 2],
  ['/a/', 3],
  ['/a/list/1', 20],
  ['/nothing', null],
  ['/a/list/2', undefined],
  ['/a/list/length/x', undefined],
  ['/nothing/x', undefined],
  ['/b', undefined],
  ['/constructor', undefined],
  ['/a/__proto__', undefined],
])('%s points to %j', (pointer, expected) => {
  expect(valueAt(VALUE, pointer)).toEqual(expected);
});
