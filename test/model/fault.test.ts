import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Faults, pointer } from '../../src/model/fault.ts';

describe('a JSON pointer', () => {
  // The examples of RFC 6901, section 5.
  test.each([
    [[], ''],
    [['foo'], '/foo'],
    [['foo', 0], '/foo/0'],
    [[''], '/'],
    [['a/b'], '/a~1b'],
    [['m~n'], '/m~0n'],
    [['~1'], '/~01'],
    [['k"l', ' ', '\\'], '/k"l/ /\\'],
  ])('to %j is %j', (path, expected) => {
    expect(pointer(path)).toBe(expected);
  });

  test('[I32] cuts a name that is longer than any has to be, which each fault below it repeats', () => {
    expect(pointer(['x'.repeat(1_000), 'y'])).toBe(`/${'x'.repeat(1_000)}/y`);
    expect(pointer(['x'.repeat(50_000_000), 'y'])).toBe(`/${'x'.repeat(1_000)}…/y`);
  });

  test('is another for another path', () => {
    const path = fc.array(fc.string({ unit: fc.constantFrom('~', '/', '0', '1') }), { maxLength: 4 });
    fc.assert(
      fc.property(path, path, (one, other) => {
        expect(pointer(one) === pointer(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe('faults', () => {
  test('[I32] are kept up to the first 100', () => {
    const faults = new Faults();
    for (let n = 0; n < 250; n++) faults.add([n], `fault ${n}`);
    expect(faults.list).toHaveLength(100);
    expect(faults.list[0]).toEqual({ pointer: '/0', detail: 'fault 0' });
    expect(faults.list.at(-1)).toEqual({ pointer: '/99', detail: 'fault 99' });
  });

  test('[I32] are kept up to the first 100 where one object has more unknown fields', () => {
    const fields = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`field${n}`, n]));
    expect(faultsOf(z.strictObject({}), fields)).toHaveLength(100);
  });

  test('name each unknown field', () => {
    const schema = z.object({ a: z.array(z.strictObject({})) });
    expect(faultsOf(schema, { a: [{}, { 'x/y': 1, z: 2 }] })).toEqual([
      { pointer: '/a/1/x~1y', detail: 'is not a known field' },
      { pointer: '/a/1/z', detail: 'is not a known field' },
    ]);
  });

  test('say what is required, and of which type', () => {
    const schema = z.object({
      a: z.string(),
      b: z.string(),
      c: z.object({}),
      d: z.array(z.int()),
      e: z.null(),
    });
    expect(faultsOf(schema, { b: null, c: [], d: [1, 0.5], e: 'x' })).toEqual([
      { pointer: '/a', detail: 'is required' },
      { pointer: '/b', detail: 'must be a string' },
      { pointer: '/c', detail: 'must be an object' },
      { pointer: '/d/1', detail: 'must be an int' },
      { pointer: '/e', detail: 'must be a null' },
    ]);
  });

  test('say what a schema says itself', () => {
    expect(faultsOf(z.string().min(1, 'must not be empty'), '')).toEqual([
      { pointer: '', detail: 'must not be empty' },
    ]);
  });

  test('say what is wrong with a key', () => {
    const schema = z.record(z.string().max(2, 'must have at most 2 characters'), z.int());
    expect(faultsOf(schema, { ab: 1, abc: 2 })).toEqual([
      { pointer: '/abc', detail: 'must have at most 2 characters' },
    ]);
  });

  test('stand under the place of what was checked', () => {
    expect(faultsOf(z.object({ a: z.string() }), { a: 1 }, ['cases', 0])).toEqual([
      { pointer: '/cases/0/a', detail: 'must be a string' },
    ]);
  });
});

function faultsOf(schema: z.ZodType, value: unknown, under: PropertyKey[] = []) {
  const faults = new Faults();
  const { error } = schema.safeParse(value, { reportInput: true });
  if (error) faults.addZod(error, under);
  return faults.list;
}
