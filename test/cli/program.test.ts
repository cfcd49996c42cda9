import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sitrep } from './captured.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { alertView, caseView, headingView, idOf, sitrepView } from './views.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sitrep-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

async function against(script: Answer[], args: string[], more: Parameters<typeof sitrep>[1] = {}) {
  api = await scriptedApi(...script);
  return sitrep(args, { ...more, url: api.url });
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const DOCUMENT = JSON.stringify({ parentId: null, creator: 'test', cases: [] });
const CURRENT = json(201, { id: idOf(9), state: 'current', version: 1 });

describe('wrong usage ends with 2 and says on stderr what is wrong', () => {
  test.each([
    [[], /Usage: sitrep/],
    [['shwo'], /unknown command 'shwo'/],
    [['alerts'], /Usage: sitrep alerts/],
    [['show'], /missing required argument 'sitrep'/],
    [['show', 'v1', 'v2'], /too many arguments/],
    [['show', ''], /It must be an id, vN/],
    [['show', '../alerts'], /It must be an id, vN/],
    [['show', 'v0'], /It must be an id, vN/],
    [['diff', 'v1'], /missing required argument 'to'/],
    [['history', '--sate', 'current'], /unknown option '--sate'/],
    [['history', '--state', 'lost'], /Allowed choices are/],
    [['history', '--limit', '0'], /whole number from 1/],
    [['history', '--limit', '1e3'], /whole number from 1/],
    [['alerts', 'show', 'x'], /must be a UUID/],
    [['current', '-o', 'yaml'], /Allowed choices are table, json/],
    [['submit', 'x.json', '--as-child', '--child-of', 'v1'], /cannot be used with/],
    [['serve', 'all'], /unknown command 'all'/],
    [['receivers'], /Usage: sitrep receivers/],
    [['receivers', 'add', 'watch'], /missing required argument 'endpoint'/],
    [['receivers', 'add', 'watch', 'http://x', '--retry-delays', '0,5'], /must be a duration such as/],
    [['receivers', 'update', 'watch'], /Say what shall be changed/],
    [['receivers', 'update', 'watch', '--enable', '--disable'], /cannot be used with/],
    [['receivers', 'rotate-secret', 'watch', '--keep', '-1h'], /must be a duration such as/],
    [['deliveries', 'list', '--state', 'lost'], /Allowed choices are/],
    [['deliveries', 'resend'], /Name one delivery, or give all of/],
    [['deliveries', 'resend', '--failed', '--receiver', 'watch'], /Name one delivery, or give all of/],
    [['deliveries', 'resend', idOf(1), '--failed'], /Name one delivery, or give all of/],
    [['deliveries', 'resend', '--since', 'yesterday'], /a time \(RFC 3339\), or how long ago/],
    [['deliveries', 'resend', '--since', '101y'], /a time \(RFC 3339\), or how long ago/],
    [['listen', '--port', '65536'], /whole number from 0 to 65535/],
  ])('%j', async (args, words) => {
    const { code, out, err } = await sitrep(args);
    expect(code).toBe(2);
    expect(err).toMatch(words);
    expect(out).toBe('');
  });

  test('an environment that cannot be used', async () => {
    const { code, err } = await sitrep(['current'], { env: { SITREP_URL: 'here' } });
    expect(code).toBe(2);
    expect(err).toMatch(/SITREP_URL must be a URL/);
  });
});

describe('help and version', () => {
  test.each([[['--help']], [['help', 'submit']], [['alerts', 'list', '-h']], [['--version']]])(
    '%j goes to stdout and ends with 0',
    async (args) => {
      const { code, out, err } = await sitrep(args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).not.toBe('');
    },
  );
});

describe('data goes to stdout', () => {
  test('as the API gave it, with -o json on either side of the verb', async () => {
    for (const args of [
      ['-o', 'json', 'show', 'v1'],
      ['show', 'v1', '--output', 'json'],
    ]) {
      const { code, out, err } = await against([json(200, sitrepView())], args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(out)).toEqual(sitrepView());
      await api?.close();
    }
  });

  test('lists say on stderr when there is more', async () => {
    const page = { items: [headingView()], nextCursor: 'more' };
    const { out, err } = await against([json(200, page)], ['history', '--limit', '1']);
    expect(out).toContain(idOf(1));
    expect(err).toMatch(/more than these 1/);
  });

  test('and says so when there is none', async () => {
    const none = json(200, { items: [], nextCursor: null });
    expect(await against([none], ['alerts', 'list'])).toEqual({ code: 0, out: 'No alerts yet.\n', err: '' });
    await api?.close();
    expect((await against([none], ['history', '--state', 'orphaned'])).out).toBe(
      'No sitreps are orphaned.\n',
    );
  });

  test('alerts are listed by class and case', async () => {
    const page = { items: [alertView()], nextCursor: null };
    const args = ['alerts', 'list', '--class', 'test.foo', '--case', idOf(3).toUpperCase(), '-o', 'json'];
    const { out } = await against([json(200, page)], args);
    expect(JSON.parse(out)).toEqual(page);
    expect(api?.received[0]?.query).toMatchObject({ class: 'test.foo', caseId: idOf(3) });
  });

  test('diff compares two reads', async () => {
    const { out } = await against([json(200, sitrepView())], ['diff', 'v1', 'current', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({ opened: [], changed: [], closed: [], gone: [] });
    expect(api?.received.map(({ path }) => path).sort()).toEqual(['/v1/sitreps/current', '/v1/sitreps/v1']);
  });

  test('a shown sitrep has the link to its workflow, or at least its id', async () => {
    const info = {
      service: 'sitrep',
      version: '0',
      temporalUiUrl: 'http://127.0.0.1:8233',
      namespace: 'fleet',
    };
    const linked = await against([json(200, sitrepView()), json(200, info)], ['current']);
    expect(linked.out).toContain(`http://127.0.0.1:8233/namespaces/fleet/workflows/sitrep%3A${idOf(1)}`);
    await api?.close();
    const bare = await against([json(200, sitrepView()), problem('internal', 'Oops.')], ['current']);
    expect(bare).toMatchObject({ code: 0, out: expect.stringContaining(`sitrep:${idOf(1)}`) });
  });
});

describe('what is refused ends with 1', () => {
  const faults = [
    { pointer: '/cases/0/alertRequests/1/class', detail: 'is not a known alert class: foo' },
    { pointer: '', detail: 'must be an object' },
  ];
  const invalid = problem('invalid-sitrep', 'Two things are wrong.', { faults });

  test('in words: title, detail, and each fault with its pointer', async () => {
    const { code, out, err } = await against([invalid], ['submit', await file('bad.json', DOCUMENT)]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      [
        'The document is not a valid sitrep',
        'Two things are wrong.',
        '  /cases/0/alertRequests/1/class  is not a known alert class: foo',
        '  the document                    must be an object',
        '',
      ].join('\n'),
    );
  });

  test('with -o json as the problem document, alone on stderr', async () => {
    const { err } = await against([invalid], ['submit', await file('bad.json', DOCUMENT), '-o', 'json']);
    expect(JSON.parse(err)).toMatchObject({ type: 'urn:sitrep:problem:invalid-sitrep', status: 422, faults });
  });

  test('an orphaned sitrep, whose state is data', async () => {
    const lost = json(200, { id: idOf(9), state: 'orphaned', version: null });
    const { code, out, err } = await against(
      [lost],
      ['submit', await file('lost.json', DOCUMENT), '-o', 'json'],
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(JSON.parse(out)).toEqual({ id: idOf(9), state: 'orphaned', version: null });
  });

  test('a service that does not run', async () => {
    const { url, close } = await scriptedApi(CURRENT);
    await close();
    const { code, err } = await sitrep(['current'], { url });
    expect(code).toBe(1);
    expect(err).toMatch(/^Sitrep is not running at http:.*\n.*npm start/);
  });

  test('what only a database could answer, without one', async () => {
    const { code, err } = await sitrep(['migrate']);
    expect(code).toBe(1);
    expect(err).toMatch(/DATABASE_URL is not set/);
  });
});

describe('submit reads', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['text that is not JSON', '{"parentId": ', /is not JSON/],
    ['nothing', '', /is not JSON/],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /not UTF-8/],
    [
      'a number that no double holds',
      '{"cases": [9007199254740993]}',
      /\/cases\/0 +is the number 9007199254740993/,
    ],
  ])('a file with %s: refused before anything is sent', async (_, content, words) => {
    const { code, err } = await against([CURRENT], ['submit', await file('wrong.json', content)]);
    expect(code).toBe(1);
    expect(err).toMatch(/wrong\.json is not a sitrep/);
    expect(err).toMatch(words);
    expect(api?.received).toEqual([]);
  });

  test('a file that is not there, or is a folder', async () => {
    expect((await sitrep(['submit', join(folder, 'none.json')])).err).toMatch(/There is no such file/);
    expect((await sitrep(['submit', folder])).err).toMatch(/It is a folder/);
  });

  test('no more than a body may have', async () => {
    const path = await file('large.json', ' '.repeat(2000));
    const env = { SITREP_MAX_BODY: '1024' };
    expect((await sitrep(['submit', path], { env })).err).toMatch(/1,024 bytes at most/);
    expect((await sitrep(['submit', '-'], { env, stdin: ' '.repeat(2000) })).err).toMatch(
      /1,024 bytes at most/,
    );
  });

  test('stdin', async () => {
    const { code, out } = await against([CURRENT], ['submit', '-'], { stdin: DOCUMENT });
    expect({ code, out }).toEqual({ code: 0, out: `Sitrep ${idOf(9)} is current, version 1.\n` });
    expect(api?.received[0]?.body).toMatchObject({ parentId: null, creator: 'test' });
  });

  test('any JSON, of which the API says what is wrong', async () => {
    await against([problem('invalid-sitrep', 'No.')], ['submit', '-'], { stdin: '[1]' });
    expect(api?.received[0]?.body).toEqual([1]);
  });
});

describe('what was read can be edited and submitted as a child', () => {
  const read = sitrepView({ cases: [caseView()], rendezvous: null });

  test('--as-child: a new id, and the parent is what was read', async () => {
    const edited = { ...read, comment: 'edited' };
    const { code } = await against([CURRENT], ['submit', '--as-child', '-'], {
      stdin: JSON.stringify(edited),
    });
    expect(code).toBe(0);
    const sent = api?.received[0]?.body as typeof read;
    expect(sent).toEqual({ ...edited, id: sent.id, parentId: read.id });
    expect(sent.id).not.toBe(read.id);
  });

  test('--as-child needs to know what was read', async () => {
    const { code, err } = await sitrep(['submit', '--as-child', '-'], { stdin: DOCUMENT });
    expect(code).toBe(1);
    expect(err).toMatch(/has no id/);
  });

  test('--child-of: the parent is what the reference means, and the id stays', async () => {
    const own = JSON.stringify({ id: idOf(8), creator: 'test', cases: [] });
    await against([json(200, read), CURRENT], ['submit', '--child-of', 'current', '-'], { stdin: own });
    expect(api?.received.at(-1)?.body).toEqual({
      id: idOf(8),
      parentId: read.id,
      creator: 'test',
      cases: [],
    });
  });

  test('--child-of current makes the first sitrep where there is none', async () => {
    const none = problem('not-found', 'There is no current sitrep.');
    const { err } = await against([none, CURRENT], ['submit', '--child-of', 'current', '-'], {
      stdin: DOCUMENT,
    });
    expect(err).toMatch(/submitted as the first/);
    expect(api?.received.at(-1)?.body).toMatchObject({ parentId: null });
  });

  test('--child-of anything else that is not there is refused', async () => {
    const none = problem('not-found', 'There is no sitrep v7.');
    const { code } = await against([none], ['submit', '--child-of', 'v7', '-'], { stdin: DOCUMENT });
    expect(code).toBe(1);
    expect(api?.received).toHaveLength(1);
  });

  test('--child-of itself points to --as-child', async () => {
    const args = ['submit', '--child-of', 'current', '-'];
    const { code, err } = await against([json(200, read)], args, { stdin: JSON.stringify(read) });
    expect(code).toBe(1);
    expect(err).toMatch(/Use --as-child/);
    expect(api?.received).toHaveLength(1);
  });
});
