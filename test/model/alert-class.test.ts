import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALERT_CLASSES, alertClass, isTestClass } from '../../src/model/alert-class.ts';
import { newId } from '../../src/model/id.ts';

const NAMES = Object.keys(ALERT_CLASSES);
const PSU_CLASSES = ['hardware.power_shelf.psu.insert', 'hardware.power_shelf.psu.remove'];

function accepts(name: string, payload: unknown): boolean {
  const schema = alertClass(name)?.versions[0];
  if (!schema) throw new Error(`There is no class ${name} of version 0`);
  return schema.safeParse(payload).success;
}

const BASEBOARD = { partNumber: '913-0000019', serialNumber: 'BRM42220014', revision: 6 };
const IDENTITY = {
  manufacturer: 'Murata',
  partNumber: 'MWOCP68',
  firmwareRevision: '0701',
  serialNumber: 'LL2216',
};

function aPsuEvent(change: object = {}): object {
  return {
    rackId: newId(),
    powerShelf: { shelf: 0, baseboard: BASEBOARD },
    psu: { slot: 4, identity: IDENTITY },
    time: '2026-11-20T08:10:27Z',
    ...change,
  };
}

describe('the registry', () => {
  test('knows the classes that are asked for', () => {
    expect(NAMES.toSorted()).toEqual([
      ...PSU_CLASSES,
      'sitrep.receiver.disabled',
      'test.foo',
      'test.foo.bar',
      'test.foo.baz',
      'test.quux.bar',
      'test.quux.bar.baz',
      'threshold.exceeded',
    ]);
  });

  test.each(NAMES)('has %s from version 0 on without a gap, and says what it is for', (name) => {
    const { versions, description } = alertClass(name) ?? { versions: {}, description: '' };
    expect(Object.keys(versions).length).toBeGreaterThan(0);
    expect(Object.keys(versions)).toEqual(Object.keys(Object.keys(versions)));
    expect(description).toMatch(/^[A-Z].*\.$/);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'test.', 'TEST.FOO', 'test.foo '])(
    'has no class %j',
    (name) => {
      expect(alertClass(name)).toBeUndefined();
    },
  );
});

describe('a test class', () => {
  test('is exactly one that takes any object', () => {
    const objects = [{}, ...fc.sample(fc.dictionary(fc.string(), fc.jsonValue()), 100)];
    const takeAny = NAMES.filter((name) => objects.every((payload) => accepts(name, payload)));
    expect(takeAny).toEqual(NAMES.filter(isTestClass));
  });

  test.each(NAMES.filter(isTestClass))('takes nothing but objects: %s', (name) => {
    for (const payload of [null, [], [{}], 'text', 1, true, undefined])
      expect(accepts(name, payload)).toBe(false);
  });

  test.each(['test', 'testing.foo', 'Test.foo', 'hardware.test.foo', ' test.foo', ''])(
    'is not %j',
    (name) => {
      expect(isTestClass(name)).toBe(false);
    },
  );

  test('is what starts with "test.", also where the registry does not know it', () => {
    expect(isTestClass('test.of.tomorrow')).toBe(true);
  });
});

describe.each(PSU_CLASSES)('the payload of %s', (name) => {
  test('is an event of a power supply unit', () => {
    expect(accepts(name, aPsuEvent())).toBe(true);
  });

  test.each([0, 1])('is about shelf %i', (shelf) => {
    expect(accepts(name, aPsuEvent({ powerShelf: { shelf, baseboard: BASEBOARD } }))).toBe(true);
  });
  test.each([-1, 2, 0.5, '0', null])('is about no shelf %j', (shelf) => {
    expect(accepts(name, aPsuEvent({ powerShelf: { shelf, baseboard: BASEBOARD } }))).toBe(false);
  });

  test.each([0, 1, 2, 3, 4, 5])('is about slot %i', (slot) => {
    expect(accepts(name, aPsuEvent({ psu: { slot, identity: IDENTITY } }))).toBe(true);
  });
  test.each([-1, 6, 0.5, '0', null])('is about no slot %j', (slot) => {
    expect(accepts(name, aPsuEvent({ psu: { slot, identity: IDENTITY } }))).toBe(false);
  });

  test('may leave open which baseboard and which unit it was, but says so', () => {
    expect(accepts(name, aPsuEvent({ powerShelf: { shelf: 0, baseboard: null } }))).toBe(true);
    expect(accepts(name, aPsuEvent({ psu: { slot: 0, identity: null } }))).toBe(true);
    expect(accepts(name, aPsuEvent({ powerShelf: { shelf: 0 } }))).toBe(false);
    expect(accepts(name, aPsuEvent({ psu: { slot: 0 } }))).toBe(false);
  });

  test.each([
    [
      'a baseboard of a negative revision',
      { powerShelf: { shelf: 0, baseboard: { ...BASEBOARD, revision: -1 } } },
    ],
    [
      'a unit without a serial number',
      { psu: { slot: 0, identity: { ...IDENTITY, serialNumber: undefined } } },
    ],
    ['a rack that is no UUID', { rackId: 'rack 1' }],
    ['no rack', { rackId: undefined }],
    ['an unknown field', { colour: 'red' }],
    ['an unknown field of the shelf', { powerShelf: { shelf: 0, baseboard: null, colour: 'red' } }],
    ['an unknown field of the unit', { psu: { slot: 0, identity: { ...IDENTITY, colour: 'red' } } }],
  ])('has not %s', (_, change) => {
    expect(accepts(name, aPsuEvent(change))).toBe(false);
  });

  test.each([
    '2026-11-20T08:10:27Z',
    '2026-11-20T08:10:27.123456789Z',
    '2026-11-20T08:10:27+05:30',
    '2026-11-20T08:10:27-00:00',
    '2028-02-29T23:59:59Z',
    '2000-02-29T00:00:00Z',
  ])('has the time %s', (time) => {
    expect(accepts(name, aPsuEvent({ time }))).toBe(true);
  });

  test.each([
    '2026-11-20T08:10:27',
    '2026-11-20T08:10Z',
    '2026-11-20 08:10:27Z',
    '2026-11-20',
    '20261120T081027Z',
    '2026-11-20T08:10:27+0530',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T08:60:00Z',
    '2026-11-20T08:10:61Z',
    '2026-11-20T08:10:27+24:00',
    'now',
    1_795_162_227,
  ])('has no time %j', (time) => {
    expect(accepts(name, aPsuEvent({ time }))).toBe(false);
  });
});
