import { expect, test } from 'vitest';
import { hasTooManyValues } from '../../src/api/json-size.ts';

test.each([
  ['[[[[[', 5, true],
  ['[[[[', 5, false],
  ['{"a":1}', 3, false],
  ['{"a":1}', 2, true],
  ['{"[,,,,[":"{:,"}', 3, false],
  ['', 1, false],
])(
  '[I32] of %j it is told from the bytes alone whether there are more than %i values: %j',
  (json, most, tooMany) => {
    expect(hasTooManyValues(Buffer.from(json), most)).toBe(tooMany);
  },
);
