import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import { submitBatches } from '../../src/cli/ereport-submit.ts';
import type { Failure } from '../../src/cli/failure.ts';
import { ereportInWords, ereportsInWords, reporterInWords } from '../../src/cli/words/ereport.ts';
import type { EreportView } from '../../src/model/ereport.ts';
import { MAX_EREPORTS } from '../../src/model/limits.ts';
import { anEreport } from '../support/ereports.ts';
import { sitrep } from './captured.ts';
import { type Answer, hangUp, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { idOf } from './views.ts';

let api: ScriptedApi;
afterEach(() => api?.close());

const RESULT = { new: 2, known: 1, refused: 0, faults: [] };
const command = async (args: string[], ...script: Answer[]) => {
  api = await scriptedApi(...script);
  return sitrep(['ereports', ...args], { url: api.url });
};
const submitted = async (stdin: string, ...script: Answer[]) => {
  api = await scriptedApi(...script);
  const ended = await sitrep(['ereports', 'submit', '-'], { url: api.url, stdin });
  return { ...ended, received: api.received };
};
const one = anEreport();

function view(fields: Partial<EreportView> = {}): EreportView {
  return {
    restartId: idOf(5),
    ena: '0x3a1',
    reporter: { type: 'sp', spType: 'power_shelf', slot: 0, rackId: idOf(9) },
    class: 'hw.remove.psu',
    serialNumber: 'BRM45220004',
    partNumber: null,
    timeCollected: '2026-11-20T08:10:27.512000Z',
    body: { k: 'hw.remove.psu' },
    markedSeenIn: null,
    setAside: null,
    ...fields,
  };
}

describe('sitrep ereports submit', () => {
  test('sends one, or a list, as it is, and counts', async () => {
    for (const document of [one, [one]]) {
      const ended = await submitted(JSON.stringify(document, null, 2), json(200, RESULT));
      expect(ended).toMatchObject({ code: 0, out: '2 ereports new, 1 known already.\n', err: '' });
      expect(ended.received).toMatchObject([{ method: 'POST', path: '/v1/ereports', body: document }]);
    }
  });

  test('names what is refused, and ends with 1', async () => {
    const faults = [
      { index: 3, pointer: '/ena', detail: 'is required' },
      { index: 12, pointer: '', detail: 'must be an \u001b[2Jobject' },
    ];
    const ended = await submitted('[]', json(200, { new: 1, known: 0, refused: 2, faults }));
    expect(ended).toMatchObject({ code: 1, err: '' });
    expect(ended.out).toBe(
      [
        '1 ereport new, 0 known already, 2 refused of What came on stdin.',
        '  [3]/ena  is required',
        '  [12]     must be an \\u001b[2Jobject',
        '',
      ].join('\n'),
    );
  });

  test('says the same where all are refused', async () => {
    const all = {
      new: 0,
      known: 0,
      refused: 1,
      faults: [{ index: 0, pointer: '/ena', detail: 'is required' }],
    };
    const ended = await submitted('{}', problem('invalid-ereports', 'The ereport has 1 fault.', all));
    expect(ended).toMatchObject({ code: 1, err: '', out: expect.stringContaining('[0]/ena  is required') });
  });

  test('passes on what is no JSON, and the answer', async () => {
    const ended = await submitted('{', problem('malformed-json', 'The body is not JSON.'));
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('The body is not JSON') });
  });

  test('reads a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitrep-ereports-'));
    try {
      await writeFile(join(folder, 'one.json'), JSON.stringify(one));
      expect(await command(['submit', join(folder, 'one.json'), '-o', 'json'], json(200, RESULT))).toEqual({
        code: 0,
        out: `${JSON.stringify(RESULT, null, 2)}\n`,
        err: '',
      });
      expect(await command(['submit', join(folder, 'none.json')], json(200, RESULT))).toMatchObject({
        code: 1,
        err: expect.stringContaining('There is no such file'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('lines', () => {
  const QUICK = { attempts: 3, asks: 0, firstPauseMs: 1, longestPauseMs: 1 };
  async function submit(text: string, ...script: Answer[]) {
    const types: (string | undefined)[] = [];
    const bodies: number[] = [];
    const watched = script.map(
      (answer): Answer =>
        (received, request, response) => {
          types.push(request.headers['content-type']);
          bodies.push(Number(request.headers['content-length']));
          answer({ ...received }, request, response);
        },
    );
    api = await scriptedApi(...watched);
    const notes: string[] = [];
    const result = await submitBatches(
      new ApiClient(api.url),
      Buffer.from(text),
      (n) => notes.push(n),
      QUICK,
    ).catch((failure: Failure) => failure);
    return { result, types, bodies, notes };
  }
  const result = (fields: object): Answer =>
    json(200, { new: 0, known: 0, refused: 0, faults: [], ...fields });
  const many = Array.from({ length: MAX_EREPORTS + 1 }, () => '1').join('\n\n');

  test('are sent as such, in as many requests as it takes, and added up by their places in the file', async () => {
    const fault = { line: 1, pointer: '/ena', detail: 'is required' };
    const {
      result: total,
      types,
      bodies,
    } = await submit(
      many,
      result({ new: MAX_EREPORTS - 1, refused: 1, faults: [fault] }),
      problem('invalid-ereports', 'No.', { new: 0, known: 0, refused: 1, faults: [fault] }),
    );
    expect(types).toEqual(['application/x-ndjson', 'application/x-ndjson']);
    expect(bodies).toEqual([2 * MAX_EREPORTS, 2]);
    expect(total).toEqual({
      new: MAX_EREPORTS - 1,
      known: 0,
      refused: 2,
      faults: [fault, { ...fault, line: 2 * MAX_EREPORTS + 1 }],
    });
  });

  test('are sent again where there was no answer', async () => {
    const { result: total, notes } = await submit('{}\n{}', hangUp, result({ known: 2 }));
    expect(total).toMatchObject({ known: 2 });
    expect(notes).toEqual([expect.stringContaining('Trying again (2 of 3)')]);
  });

  test('that were taken before something went wrong are told of', async () => {
    const { result: failure } = await submit(many, result({ new: 7 }), problem('internal', 'Oh.'));
    expect(failure).toMatchObject({
      message: expect.stringContaining('Oh.'),
      hint: '7 ereports were taken before that. Submit them all again: these will be known.',
    });
  });

  test('are not meant by a document that is broken further down', async () => {
    const { types } = await submit('{\n  "ena": \n}', problem('malformed-json', 'No.'));
    expect(types).toEqual(['application/json']);
  });
});

describe('sitrep ereports list', () => {
  test('asks for what it is told to', async () => {
    const page = json(200, { items: [], nextCursor: null });
    const args = [
      '--class',
      'hw.**',
      '--serial',
      'S',
      '--since',
      '2026-11-20T00:00:00Z',
      '--no-seen',
      '--limit',
      '5',
    ];
    expect(await command(['list', ...args], page)).toEqual({ code: 0, out: 'No such ereports.\n', err: '' });
    expect(api.received[0]?.query).toEqual({
      class: 'hw.**',
      serial: 'S',
      since: '2026-11-20T00:00:00Z',
      seen: 'false',
      limit: '5',
    });
    await api.close();
    expect((await command(['list'], page)).out).toBe('No ereports yet.\n');
    expect(api.received[0]?.query).toEqual({ limit: '20' });
    await api.close();
    await command(['list', '--seen'], page);
    expect(api.received[0]?.query).toMatchObject({ seen: 'true' });
  });
});

describe('sitrep ereports show', () => {
  test('finds one by any spelling of its ENA', async () => {
    expect(await command(['show', idOf(5).toUpperCase(), '929'], json(200, view()))).toMatchObject({
      code: 0,
    });
    expect(api.received[0]?.path).toBe(`/v1/ereports/${idOf(5)}/0x3a1`);
  });

  test.each([
    ['x', '1'],
    [idOf(5), 'x'],
    [idOf(5), '18446744073709551616'],
  ])('is not asked for %s %s', async (...args) => {
    expect(await command(['show', ...args], json(200, view()))).toMatchObject({ code: 2, out: '' });
    expect(api.received).toEqual([]);
  });
});

describe('in words', () => {
  const style = {
    width: null,
    paint: (_: string, text: string) => text,
    now: Date.parse('2026-11-20T08:13:28Z'),
  };

  test('a list tells who reported what', () => {
    const unknown = view({ class: null, serialNumber: null, markedSeenIn: idOf(1) });
    expect(ereportsInWords([view(), unknown], style)).toBe(
      [
        'RESTART                                 ENA  AGE  CLASS          SEEN  REPORTER       SERIAL',
        `${idOf(5)}  0x3a1   3m  hw.remove.psu  no    power shelf 0  BRM45220004`,
        `${idOf(5)}  0x3a1   3m                 yes   power shelf 0`,
      ].join('\n'),
    );
  });

  test('an ereport tells all that is known of it, and hides nothing that a terminal would obey', () => {
    const text = ereportInWords(view({ body: { a: '\u009b2J' }, markedSeenIn: idOf(1) }), style);
    expect(text).toContain(`restart        ${idOf(5)}`);
    expect(text).toContain('part number    not known');
    expect(text).toContain(`rack           ${idOf(9)}`);
    expect(text).toContain(`first by sitrep ${idOf(1)}`);
    expect(text).toContain('"a": "\\u009b2J"');
  });

  test.each<[EreportView['setAside'], string, string]>([
    [null, 'no', 'not yet'],
    ['not-understood', 'not understood', 'no, since no engine understood it'],
    ['ignored', 'ignored', 'no, since it needs no case'],
    ['undecided', 'undecided', 'not yet, since an engine failed; it will be read again'],
  ])('one that is set aside as %s says so', (setAside, inList, whole) => {
    expect(ereportsInWords([view({ setAside })], style)).toContain(`hw.remove.psu  ${inList} `);
    expect(ereportInWords(view({ setAside }), style)).toContain(`seen           ${whole}\n`);
  });

  test.each<[EreportView['reporter'], string]>([
    [{ type: 'sp', spType: 'sled', slot: 3 }, 'sled 3'],
    [{ type: 'host', sled: idOf(4), slot: 3 }, 'host OS of sled 3'],
    [{ type: 'host', sled: idOf(4) }, `host OS of sled ${idOf(4)}`],
    [{ type: 'source', source: 'a\nb' }, 'a b'],
  ])('a reporter %j is %s', (reporter, words) => {
    expect(reporterInWords(reporter)).toBe(words);
  });
});
