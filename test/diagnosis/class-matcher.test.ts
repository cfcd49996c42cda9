import { expect, test } from 'vitest';
import { classMatcher } from '../../src/diagnosis/class-matcher.ts';

test.each([
  [['hw.remove.psu'], 'hw.remove.psu', true],
  [['hw.remove.psu'], 'hw.remove.psu.x', false],
  [['hw.remove.psu'], 'hw_remove_psu', false],
  [['hw.*.psu'], 'hw.remove.psu', true],
  [['hw.*.psu'], 'hw.a.b.psu', false],
  [['hw.**'], 'hw.a.b.psu', true],
  [['hw.**'], 'hw', false],
  [['**'], 'anything', true],
  [['a', 'b.*'], 'b.c', true],
  [['a', 'b.*'], 'ab.c', false],
  [['a', 'b'], 'ab', false],
  [[], '', false],
  [[], 'a', false],
])('%j and the class %s: %s', (globs, name, expected) => {
  expect(classMatcher(globs)(name)).toBe(expected);
});
