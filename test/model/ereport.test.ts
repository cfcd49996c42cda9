import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readEreport } from '../../src/model/ereport.ts';
import { newId } from '../../src/model/id.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { anEreport, type SentEreport, taken } from '../support/ereports.ts';

const example = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../examples/ereports/${name}.json`, import.meta.url), 'utf8'));

function faultsOf(value: unknown) {
  const read = readEreport(value);
  return 'faults' in read ? read.faults : [];
}
const withBody = (body: JsonObject, fields: Partial<SentEreport> = {}) =>
  taken(anEreport({ body, ...fields }));

describe('an ereport as machines send it', () => {
  test.each(['psu-remove', 'psu-insert'])('is taken as it is: %s', async (name) => {
    const sent = await example(name);
    expect(taken(sent)).toEqual({
      restartId: sent.restartId,
      ena: sent.ena,
      reporter: sent.reporter,
      class: sent.body.k,
      serialNumber: 'BRM45220004',
      partNumber: '913-0000003',
      timeCollected: sent.timeCollected.replace('.512Z', '.512000Z'),
      body: sent.body,
    });
  });

  test.each<[string, SentEreport['reporter']]>([
    ['a service processor', { type: 'sp', spType: 'switch', slot: 65_535, rackId: newId() }],
    ['one whose rack is not known', { type: 'sp', spType: 'sled', slot: 0 }],
    ['a host OS', { type: 'host', sled: newId(), rackId: newId() }],
    ['one whose slot is known', { type: 'host', sled: newId(), slot: 3 }],
    ['anything that has a name', { type: 'source', source: 'nightly backup ☃' }],
  ])('comes from %s', (_, reporter) => {
    expect(taken(anEreport({ reporter })).reporter).toEqual(reporter);
  });

  test('is kept with what it has', () => {
    const { restartId, ena, reporter } = anEreport();
    expect(readEreport({ restartId, ena, reporter })).toEqual({
      ereport: {
        restartId,
        ena,
        reporter,
        class: null,
        serialNumber: null,
        partNumber: null,
        timeCollected: null,
        body: {},
      },
    });
  });

  test('may say null for what it does not know, and have what the service adds', () => {
    const unknown = { class: null, serialNumber: null, partNumber: null, timeCollected: null };
    expect(faultsOf({ ...anEreport(), ...unknown, markedSeenIn: newId(), setAside: null })).toEqual([]);
  });

  test('has one spelling for its ids', () => {
    const sled = newId();
    const sent = anEreport({
      restartId: newId().toUpperCase(),
      ena: '031',
      reporter: { type: 'host', sled: sled.toUpperCase() },
    });
    expect(taken(sent)).toMatchObject({
      restartId: sent.restartId.toLowerCase(),
      ena: '0x1f',
      reporter: { sled },
    });
  });

  test.each([
    ['18446744073709551615', '0xffffffffffffffff'],
    ['0xFFFFFFFFFFFFFFFF', '0xffffffffffffffff'],
    ['9007199254740993', '0x20000000000001'],
  ])('has an ENA of 64 bits, exactly: %s', (ena, normal) => {
    expect(taken(anEreport({ ena })).ena).toBe(normal);
  });

  test.each([
    ['2026-11-20T08:10:27Z', '2026-11-20T08:10:27.000000Z'],
    ['2026-11-20T08:10:27.123456789Z', '2026-11-20T08:10:27.123456Z'],
    ['2026-11-20T08:10:27.5+14:00', '2026-11-19T18:10:27.500000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000Z'],
  ])('was collected in UTC, to the microsecond: %s', (timeCollected, kept) => {
    expect(taken(anEreport({ timeCollected })).timeCollected).toBe(kept);
  });
});

describe('the class', () => {
  test.each<[string, JsonObject, string | null]>([
    ['k', { k: 'hw.remove.psu', class: 'other' }, 'hw.remove.psu'],
    ['class, as illumos has it', { class: 'ereport.cpu.generic-x86.cache' }, 'ereport.cpu.generic-x86.cache'],
    ['lost, where that is null', { lost: null }, 'ereport.data_loss.possible'],
    ['lost, where that is a number', { lost: 7 }, 'ereport.data_loss.certain'],
    ['k, also of what has lost some', { lost: 7, k: 'hw.x' }, 'hw.x'],
    ['nothing, where k is no text', { k: 7, class: 'x', lost: null }, null],
    ['nothing, where k is empty', { k: '' }, null],
    ['nothing, where lost is neither', { lost: 'some' }, null],
    ['nothing', {}, null],
  ])('comes from %s', (_, body, expected) => {
    expect(withBody(body).class).toBe(expected);
  });

  test('is what the ereport says itself, whatever its body says', () => {
    expect(withBody({ k: 'hw.other' }, { class: 'hw.own' }).class).toBe('hw.own');
  });
});

test('serial and part number are what the ereport says, or else its body', () => {
  const body = { baseboard_serial_number: 'S1', baseboard_part_number: 'P1' };
  expect(withBody(body)).toMatchObject({ serialNumber: 'S1', partNumber: 'P1' });
  expect(withBody(body, { serialNumber: 'S2', partNumber: null })).toMatchObject({
    serialNumber: 'S2',
    partNumber: 'P1',
  });
  expect(withBody({ baseboard_serial_number: 7 })).toMatchObject({ serialNumber: null, partNumber: null });
});

const LONG = 'x'.repeat(201);
const TOO_LONG = 'must have at most 200 characters';
const NUL = 'must not contain the character NUL (U+0000)';
const sp = (fields: object) => ({ type: 'sp', spType: 'sled', slot: 0, ...fields });

describe('what is malformed is refused:', () => {
  test.each<[string, unknown, string, string]>([
    ['no object', 7, '', 'must be an object'],
    ['a list', [], '', 'must be an object'],
    ['no restart id', { restartId: undefined }, '/restartId', 'is required'],
    ['a restart id that is none', { restartId: '7' }, '/restartId', 'must be a UUID'],
    ['no ENA', { ena: undefined }, '/ena', 'is required'],
    ['an ENA as a number', { ena: 7 }, '/ena', 'must be a string'],
    ['an ENA of 65 bits', { ena: '18446744073709551616' }, '/ena', 'must be less than 2^64'],
    ['no reporter', { reporter: undefined }, '/reporter', 'is required'],
    ['a reporter of no kind', { reporter: { source: 'x' } }, '/reporter/type', 'must be sp, host or source'],
    ['one of another kind', { reporter: { type: 'x' } }, '/reporter/type', 'must be sp, host or source'],
    ['a reporter that is text', { reporter: 'sp' }, '/reporter', 'must be an object'],
    [
      'a nameless source',
      { reporter: { type: 'source', source: '' } },
      '/reporter/source',
      'must not be empty',
    ],
    ['a host without its sled', { reporter: { type: 'host' } }, '/reporter/sled', 'is required'],
    ['a processor nowhere', { reporter: sp({ slot: undefined }) }, '/reporter/slot', 'is required'],
    [
      'a processor of what is none',
      { reporter: sp({ spType: 'toaster' }) },
      '/reporter/spType',
      'must be sled, switch or power_shelf',
    ],
    ['a rack that is none', { reporter: sp({ rackId: 'r' }) }, '/reporter/rackId', 'must be a UUID'],
    ['more of a reporter', { reporter: sp({ sled: newId() }) }, '/reporter/sled', 'is not a known field'],
    ['an unknown field', { severity: 'high' }, '/severity', 'is not a known field'],
    [
      'a time that is none',
      { timeCollected: 'now' },
      '/timeCollected',
      'must be a date and time as in RFC 3339',
    ],
    [
      'a time before all',
      { timeCollected: '1969-12-31T23:59:59Z' },
      '/timeCollected',
      'must be from 1970 on, and before the year 10000',
    ],
    [
      'a time after all',
      { timeCollected: '9999-12-31T23:59:59-01:00' },
      '/timeCollected',
      'must be from 1970 on, and before the year 10000',
    ],
    ['a class that is too long', { class: LONG }, '/class', TOO_LONG],
    ['an empty class', { class: '' }, '/class', 'must not be empty'],
    ['a k that is too long', { body: { k: LONG } }, '/body/k', TOO_LONG],
    ['a serial number with NUL', { serialNumber: 'a\u0000' }, '/serialNumber', NUL],
    [
      'a part number that is too long',
      { body: { baseboard_part_number: LONG } },
      '/body/baseboard_part_number',
      TOO_LONG,
    ],
    ['a body that is none', { body: [] }, '/body', 'must be an object'],
    ['a body with NUL', { body: { a: ['\u0000'] } }, '/body/a/0', NUL],
    [
      'a body too large',
      { body: { a: 'x'.repeat(70_000) } },
      '/body',
      'must have at most 65536 bytes as JSON',
    ],
  ])('[I32] %s', (_, change, pointer, detail) => {
    const isObject = typeof change === 'object' && change !== null && !Array.isArray(change);
    const value = isObject ? { ...anEreport(), ...change } : change;
    expect(faultsOf(value)).toEqual([{ pointer, detail }]);
  });

  test('and each of its faults is named', () => {
    const pointers = faultsOf({ ...anEreport(), ena: 'x', class: LONG, extra: 1 }).map(
      ({ pointer }) => pointer,
    );
    expect(pointers.sort()).toEqual(['/class', '/ena', '/extra']);
  });
});
