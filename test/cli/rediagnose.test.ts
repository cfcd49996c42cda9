import { afterEach, describe, expect, test } from 'vitest';
import { rediagnosisInWords, verdictInWords } from '../../src/cli/words/rediagnosis.ts';
import type { RediagnosisPage, RediagnosisView } from '../../src/model/rediagnosis.ts';
import { sitrep } from './captured.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { idOf } from './views.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

const NO_DIFFERENCES = {
  opened: [],
  closed: [],
  changed: [],
  gone: [],
  requestsAdded: [],
  requestsDropped: [],
};

function version(number: number, fields: Partial<RediagnosisView> = {}): RediagnosisView {
  return {
    version: number,
    sitrepId: idOf(number),
    outcome: 'same',
    configurationVersion: 0,
    differences: NO_DIFFERENCES,
    omitted: 0,
    failedEngines: [],
    ...fields,
  };
}

function different(number: number): RediagnosisView {
  const brief = { engine: 'threshold.fans', closed: false };
  return version(number, {
    outcome: 'different',
    differences: {
      ...NO_DIFFERENCES,
      opened: [{ ...brief, id: idOf(100), comment: '3 of 3' }],
      gone: [{ ...brief, id: idOf(101), comment: '1 of 5' }],
      requestsAdded: [
        { id: idOf(200), caseId: idOf(100), class: 'threshold.exceeded', version: 0, comment: '' },
      ],
    },
  });
}

function page(items: RediagnosisView[], fields: Partial<RediagnosisPage> = {}): Answer {
  return json(200, { items, nextVersion: null, currentVersion: 4, configurationVersion: 1, ...fields });
}

describe('sitrep rediagnose', () => {
  test('tells version after version what would be different, and the verdict beside it', async () => {
    const notKept = { outcome: 'notAnalysis', configurationVersion: null } as const;
    api = await scriptedApi(page([version(2), different(3), version(4, notKept)]));
    const { code, out, err } = await sitrep(['rediagnose', '--from', 'v2'], { url: api.url });
    expect(code).toBe(0);
    expect(api.received).toMatchObject([
      { method: 'POST', path: '/v1/rediagnosis', query: { from: 'v2' }, body: undefined },
    ]);
    expect(out).toBe(`\
v2 ${idOf(2)}  the same
v3 ${idOf(3)}  different
    1 case opened
    + ${idOf(100)}  threshold.fans  3 of 3
        + request ${idOf(200)}  threshold.exceeded v0

    1 case gone
    - ${idOf(101)}  threshold.fans  1 of 5

    1 alert request added, 0 dropped
v4 ${idOf(4)}  no inputs are kept: it was not made by analysis
`);
    expect(err).toBe(
      'Of 2 versions, 1 would be different. Of 1 version the inputs are not kept, so there is no telling.\n',
    );
  });

  test('follows the pages, and prints each version as JSON on a line of its own', async () => {
    const first = [version(1), different(2)];
    const second = [version(3), version(4)];
    api = await scriptedApi(page(first, { nextVersion: 3 }), page(second));
    const { out, err } = await sitrep(['rediagnose', '--from', 'v1', '-o', 'json'], { url: api.url });
    expect(api.received.map(({ query }) => query.from)).toEqual(['v1', 'v3']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([...first, ...second]);
    expect(err).toBe('');
  });

  test('ends at the version that was current when it began, though history goes on', async () => {
    const later = { currentVersion: 9 };
    api = await scriptedApi(
      page([version(3)], { nextVersion: 4 }),
      page([version(4), version(5)], { ...later, nextVersion: 6 }),
      page([version(6)], { ...later, nextVersion: 7 }),
    );
    const { out } = await sitrep(['rediagnose', '--from', 'v3'], { url: api.url });
    expect(out.match(/^v\d/gm)).toEqual(['v3', 'v4']);
    expect(api.received).toHaveLength(2);
  });

  test('says that it begins later when what was asked for has been pruned', async () => {
    api = await scriptedApi(page([version(3), version(4)]));
    const { err } = await sitrep(['rediagnose', '--from', 'v1'], { url: api.url });
    expect(err).toBe('Versions before v3 have been pruned.\nNothing would be different in 2 versions.\n');
  });

  test('ends with 1 and what the service says when it fails in the middle, after what came before', async () => {
    api = await scriptedApi(
      page([version(1)], { nextVersion: 2 }),
      problem('unavailable', 'The diagnosis failed.'),
    );
    const { code, out, err } = await sitrep(['rediagnose', '--from', 'v1'], { url: api.url });
    expect({ code, out }).toEqual({ code: 1, out: `v1 ${idOf(1)}  the same\n` });
    expect(err).toMatch(/The diagnosis failed\./);
  });

  test.each([
    [[], /required option '--from <version>' not specified/],
    [['--from', 'current'], /must be v and a version/],
    [['--from', '3'], /must be v and a version/],
    [['--from', 'v0'], /must be v and a version/],
    [['v3'], /too many arguments|required option/],
  ])('is used wrongly with %j', async (args, message) => {
    const { code, err } = await sitrep(['rediagnose', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('what would be different, in words,', () => {
  const words = (view: RediagnosisView) =>
    rediagnosisInWords(view, { width: null, paint: (_, text) => text, now: 0 });

  test.each([
    ['unreadable', /cannot be read: another version of Sitrep wrote them/],
    ['parentCollected', /its parent has been collected/],
    ['ereportsGone', /ereports that it read are not there any more/],
  ] as const)('says why there is no telling: %s', (outcome, what) => {
    expect(words(version(1, { outcome }))).toMatch(what);
  });

  test('says how much is left out', () => {
    expect(words({ ...different(1), omitted: 1_234 })).toContain('and 1,234 differences more');
  });

  test('names the engines that failed, on a line, whatever they threw', () => {
    const failedEngines = [{ name: 'own', error: 'no\nslot \u001b[2J' }];
    expect(words(version(1, { failedEngines }))).toBe(
      `v1 ${idOf(1)}  the same\n    the engine own failed: no slot \\u001b[2J`,
    );
  });

  test('gives a verdict on none as on some', () => {
    expect(verdictInWords(new Map([['notAnalysis', 2]]))).toBe(
      'Of 2 versions the inputs are not kept, so there is no telling.',
    );
    expect(verdictInWords(new Map([['same', 1]]))).toBe('Nothing would be different in 1 version.');
  });
});
