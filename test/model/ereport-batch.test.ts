import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBatch } from '../../src/model/ereport-batch.ts';
import { newId } from '../../src/model/id.ts';
import { MAX_EREPORTS } from '../../src/model/limits.ts';
import { anEreport, ereportsOf, taken } from '../support/ereports.ts';

const bytes = (text: string) => Buffer.from(text);
const inJson = (value: unknown) => readBatch(bytes(JSON.stringify(value)), false);
const inLines = (...lines: unknown[]) =>
  readBatch(
    bytes(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')),
    true,
  );
const three = ereportsOf(newId(), 3);
const all = { kind: 'batch', batch: { ereports: three.map(taken), refused: 0, faults: [] } };

describe('a batch', () => {
  test('is a list, or one a line', () => {
    expect(inJson(three)).toEqual(all);
    expect(inLines(...three)).toEqual(all);
  });

  test('is one ereport, however its JSON is spread over lines', () => {
    const [one] = three;
    const batch = { ereports: [one].map((sent) => taken(sent as never)), refused: 0, faults: [] };
    expect(readBatch(bytes(JSON.stringify(one, null, 2)), false)).toEqual({ kind: 'batch', batch });
  });

  test('may have lines that are empty, and lines that end as in Windows', () => {
    expect(inLines('', '  \t', ...three.map((one) => `${JSON.stringify(one)}\r`), '\r', '')).toEqual(all);
  });

  test('may be empty', () => {
    const nothing = { kind: 'batch', batch: { ereports: [], refused: 0, faults: [] } };
    expect(inJson([])).toEqual(nothing);
    expect(inLines('')).toEqual(nothing);
  });

  test('has a bounded number', () => {
    const one = anEreport();
    const many = Array.from({ length: MAX_EREPORTS + 1 }, () => one);
    expect(inJson(many)).toEqual({ kind: 'tooMany' });
    expect(inLines(...many)).toEqual({ kind: 'tooMany' });
    expect(inJson(many.slice(1))).toMatchObject({ batch: { refused: 0 } });
    expect(inLines(...many.slice(1))).toMatchObject({ batch: { refused: 0 } });
  });
});

describe('[I32] what is wrong with an ereport refuses no other:', () => {
  const [first, second, third] = three.map((one) => JSON.stringify(one)) as [string, string, string];
  const kept = [taken(three[0] as never), taken(three[2] as never)];

  test.each<[string, string, string, RegExp]>([
    ['a field', second.replace('"ena":"2"', '"ena":"x"'), '/ena', /^must be an unsigned/],
    ['a number that no double holds', second.replace('"test.happened"', '[1,1e400]'), '/body/k/1', /1e400/],
    ['a name that is there twice', second.replace('"ena"', '"ena":"7","ena"'), '/ena', /^is there twice$/],
    ['a list', '[[],"]",{}]', '', /^must be an object$/],
    ['a text with all that lists are made of', '"[,{\\"]}"', '', /^must be an object$/],
    ['null', 'null', '', /^must be an object$/],
  ])('%s, in a list and in lines', (_, bad, pointer, detail) => {
    const fault = { pointer, detail: expect.stringMatching(detail) };
    const batch = (place: object) => ({
      kind: 'batch',
      batch: { ereports: kept, refused: 1, faults: [{ ...place, ...fault }] },
    });
    expect(readBatch(bytes(`[${first}, ${bad} ,\n${third}]`), false)).toEqual(batch({ index: 1 }));
    expect(inLines(first, '', bad, third)).toEqual(batch({ line: 3 }));
  });

  test.each<[string, Buffer, RegExp]>([
    ['no JSON', bytes('{"restartId":'), /^The line is not JSON/],
    ['two on a line', bytes(`${second}${second}`), /^The line is not JSON/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /^The line is not UTF-8/],
  ])('%s, in lines', (_, bad, detail) => {
    const body = Buffer.concat([bytes(`${first}\n`), bad, bytes(`\n${third}`)]);
    const faults = [{ line: 2, pointer: '', detail: expect.stringMatching(detail) }];
    expect(readBatch(body, true)).toEqual({ kind: 'batch', batch: { ereports: kept, refused: 1, faults } });
  });
});

test('what is no JSON as a whole is refused as a whole', () => {
  expect(readBatch(bytes('[{}'), false)).toMatchObject({ kind: 'malformed' });
  expect(readBatch(bytes(''), false)).toMatchObject({ kind: 'malformed' });
});

test('one that is inexact and no list is the first of its batch', () => {
  const one = JSON.stringify(three[0]).replace('"test.happened"', '1e400');
  expect(readBatch(bytes(one), false)).toMatchObject({
    batch: { refused: 1, faults: [{ index: 0, pointer: '/body/k' }] },
  });
});

test('[I32] of many that are refused all are counted, and 100 faults named', () => {
  const reading = inJson(Array.from({ length: 500 }, () => ({ ena: 'x' })));
  expect(reading).toMatchObject({ batch: { refused: 500 } });
  expect(reading.kind === 'batch' && reading.batch.faults).toHaveLength(100);
});

test('a list with a number that no double holds is taken apart into just its elements', () => {
  fc.assert(
    fc.property(fc.array(fc.json({ maxDepth: 3 }), { maxLength: 6 }), fc.nat(6), (elements, at) => {
      const sent = elements.toSpliced(at, 0, '1e400');
      const reading = readBatch(bytes(`[${sent.join(' ,')}]`), false);
      if (reading.kind !== 'batch') throw new Error(`It is ${reading.kind}.`);
      expect(reading.batch.refused).toBe(sent.length);
      const inexact = reading.batch.faults.filter(({ detail }) => detail.includes('1e400'));
      expect(inexact).toMatchObject([{ index: Math.min(at, elements.length), pointer: '' }]);
    }),
  );
});
