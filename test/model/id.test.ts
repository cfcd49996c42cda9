import { describe, expect, test } from 'vitest';
import { Id, newId } from '../../src/model/id.ts';

describe('an id', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is a UUID, of version %i too', (version) => {
    const id = `5f0b3e1c-6a52-${version}d8e-9c1b-2f7d9a4e8b10`;
    expect(Id.parse(id)).toBe(id);
  });

  test('has one spelling, whatever its case was', () => {
    const id = newId();
    expect(Id.parse(id.toUpperCase())).toBe(id);
  });

  test.each([
    ['a name', 'current'],
    ['a version', 'v1'],
    ['empty', ''],
    ['in braces', '{5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10}'],
    ['a URN', 'urn:uuid:5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10'],
    ['without hyphens', '5f0b3e1c6a524d8e9c1b2f7d9a4e8b10'],
    ['too short', '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b1'],
    ['followed by a line break', '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10\n'],
    ['of a letter beyond f', '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b1g'],
  ])('is not %s', (_, text) => {
    expect(Id.safeParse(text).error?.issues).toMatchObject([{ message: 'must be a UUID' }]);
  });
});

describe('a new id', () => {
  test('is a UUID v7 in its one spelling', () => {
    const id = newId();
    expect(id).toMatch(/^.{14}7/);
    expect(Id.parse(id)).toBe(id);
  });

  test('comes behind all that were made before, so that rows made together lie together', () => {
    const ids = Array.from({ length: 1000 }, newId);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
