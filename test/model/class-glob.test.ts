import { describe, expect, test } from 'vitest';
import { ClassGlob, globRegex } from '../../src/model/class-glob.ts';

const matches = (glob: string, name: string) => new RegExp(`^${globRegex(glob)}$`).test(name);

describe('a glob of classes', () => {
  test.each([
    ['hw.remove.psu', 'hw.remove.psu', true],
    ['hw.remove.psu', 'hw.remove.psu.x', false],
    ['hw.remove.psu', 'hwxremove.psu', false],
    ['hw.*.psu', 'hw.remove.psu', true],
    ['hw.*.psu', 'hw.a.b.psu', false],
    ['hw.*', 'hw', false],
    ['hw.**', 'hw.a.b', true],
    ['hw.**', 'hw', false],
    ['**', 'anything at all', true],
    ['**.generic-x86.*', 'ereport.cpu.generic-x86.cache', true],
  ])('%s and %s: %s', (glob, name, expected) => {
    expect(ClassGlob.safeParse(glob).success).toBe(true);
    expect(matches(glob, name)).toBe(expected);
  });

  test.each(['', '.', 'hw.', 'hw..psu', 'hw.psu*', '***', 'a b', '(', '\\d', 'x'.repeat(201)])(
    'is not %j',
    (glob) => {
      expect(ClassGlob.safeParse(glob).success).toBe(false);
    },
  );
});
