import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  Configuration,
  type ConfigurationView,
  DEFAULT_CONFIGURATION,
} from '../../src/model/configuration.ts';
import { TestService } from '../api/harness.ts';
import { sitrep } from './captured.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

async function against(script: Answer[], args: string[], options: { stdin?: string; env?: object } = {}) {
  api = await scriptedApi(...script);
  return sitrep(['config', ...args], { ...options, url: api.url });
}

const sent = () => api?.received.find(({ method }) => method === 'PUT')?.body;

function inForce(fields: Partial<ConfigurationView> = {}): ConfigurationView {
  return {
    version: 3,
    author: 'karl',
    comment: 'why not',
    timeCreated: '2026-11-20T08:10:28.000001Z',
    configuration: { ...DEFAULT_CONFIGURATION, keepVersions: 100 },
    unreadable: null,
    ...fields,
  };
}
const NOTHING_SET = { version: 0, author: null, comment: null, timeCreated: null };
const RULE = {
  name: 'fan_stalls',
  class: 'hw.fan.*',
  thing: ['/body/fan'],
  count: 3,
  withinSeconds: 600,
};
const before = json(200, inForce());
const after = json(200, inForce({ version: 4 }));

describe('config show', () => {
  test('shows what is in force by the names under which it is set, and who set it', async () => {
    const configuration = Configuration.parse({ thresholdRules: [RULE] });
    const { code, out } = await against([json(200, inForce({ configuration }))], ['show']);
    expect(code).toBe(0);
    expect(out).toContain('Configuration version 3, set by karl, 2026-11-20 08:10:28 UTC: why not');
    expect(out).toMatch(/keepVersions +2000/);
    expect(out).toMatch(/fan_stalls +hw\.fan\.\* +3 in 10m +1d +warning +threshold\.exceeded +\/body\/fan/);
  });

  test('says that nothing was set', async () => {
    const { out } = await against([json(200, inForce(NOTHING_SET))], ['show']);
    expect(out).toMatch(/^Nothing was set yet; the defaults hold\.\n/);
  });

  test('says first that there is a version which cannot be read', async () => {
    const unreadable = { version: 5, faults: [{ pointer: '/colour', detail: 'is not a known field' }] };
    const { out } = await against([json(200, inForce({ unreadable }))], ['show']);
    expect(out).toMatch(
      /^Version 5 .* cannot be read \(\/colour is not a known field\); version 3 stays in force\.\n/,
    );
  });

  test('shows a version of before, as JSON where it cannot be read', async () => {
    const { unreadable: _, ...stored } = inForce({ version: 2 });
    const { out } = await against([json(200, stored)], ['show', '2']);
    expect(api?.received[0]?.path).toBe('/v1/configuration/history/2');
    expect(out).toMatch(/version 2, set by karl.*keepVersions +100/s);
    await api?.close();
    const odd = { ...stored, configuration: { colour: 'blue\u001b' } };
    expect((await against([json(200, odd)], ['show', '2'])).out).toContain('"colour": "blue\\u001b"');
  });

  test('-o json prints what the API answered', async () => {
    const { out } = await against([before], ['show', '-o', 'json']);
    expect(JSON.parse(out)).toEqual(inForce());
  });

  test.each(['v2', '-1', 'x', '1.5'])('of %s is wrong usage', async (version) => {
    expect((await against([before], ['show', '--', version])).code).toBe(2);
  });
});

describe('config set', () => {
  test('with fields changes these of what is in force, and follows its version', async () => {
    const args = ['set', 'keepVersions=500', 'analysisEnabled=false', '--author', 'rosa', '--comment', 'c'];
    const { code, out } = await against([before, after], args);
    expect(sent()).toEqual({
      expectedVersion: 3,
      author: 'rosa',
      comment: 'c',
      configuration: { ...DEFAULT_CONFIGURATION, keepVersions: 500, analysisEnabled: false },
    });
    expect({ code, out }).toEqual({ code: 0, out: 'Configuration version 4 is in force.\n' });
  });

  test.each<[string, unknown]>([
    ['thresholdRules=[{"name":"a=b"}]', [{ name: 'a=b' }]],
    ['thresholdRules=a=b', 'a=b'],
    ['thresholdRules=', ''],
    ['thresholdRules="1"', '1'],
    ['thresholdRules=on', 'on'],
  ])('reads %s', async (assignment, value) => {
    await against([before, after], ['set', assignment]);
    expect(sent()).toMatchObject({ configuration: { thresholdRules: value } });
  });

  test('leaves it to the API what a field is', async () => {
    await against([before, after], ['set', '__proto__=1']);
    expect(JSON.stringify(sent())).toContain('"__proto__":1');
  });

  test('does not send a number that no double holds', async () => {
    const { code, err } = await against([before, after], ['set', 'keepVersions=9007199254740993']);
    expect(code).toBe(1);
    expect(err).toContain('keepVersions');
    expect(sent()).toBeUndefined();
  });

  test('with a file sets what is in it, and nothing else', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'sitrep-')), 'config.json');
    await writeFile(file, '{"debounceMs": 7}');
    await against([before, after], ['set', file], { env: { USER: 'karl' } });
    expect(sent()).toEqual({ expectedVersion: 3, author: 'karl', configuration: { debounceMs: 7 } });
  });

  test('of what `config show` printed follows the version that was seen, whatever was set since', async () => {
    const shown = JSON.stringify(inForce({ version: 2 }));
    const refused = problem('configuration-changed', 'The newest version is 3, not 2.', { version: 3 });
    const { code, err } = await against([before, refused], ['set', '-'], { stdin: shown });
    expect(sent()).toMatchObject({ expectedVersion: 2, configuration: { keepVersions: 100 } });
    expect(code).toBe(1);
    expect(err).toMatch(/The newest version is 3, not 2\.\n.*sitrep config show/);
  });

  test('of what `config show N` printed sets that anew', async () => {
    const { unreadable: _, ...stored } = inForce({ version: 1 });
    await against([before, after], ['set', '-'], { stdin: JSON.stringify(stored) });
    expect(sent()).toMatchObject({ expectedVersion: 3, configuration: { keepVersions: 100 } });
  });

  test('does not follow a version that cannot be read, unless it is named', async () => {
    const unreadable = { version: 5, faults: [{ pointer: '', detail: 'x' }] };
    await against([json(200, inForce({ unreadable })), after], ['set', 'debounceMs=1']);
    expect(sent()).toMatchObject({ expectedVersion: 3 });
    await api?.close();
    await against([before, after], ['set', 'debounceMs=1', '--expected-version', '5']);
    expect(sent()).toMatchObject({ expectedVersion: 5 });
  });

  test('says when that was in force already', async () => {
    const { code, out } = await against([before, before], ['set', 'keepVersions=100']);
    expect({ code, out }).toEqual({ code: 0, out: 'That says the same as version 3; nothing was set.\n' });
  });

  test('that is refused ends with 1, and says what about', async () => {
    const faults = [{ pointer: '/configuration/sitrepLimit', detail: 'must be more than keepVersions (9)' }];
    const refused = problem('invalid-body', 'One thing is wrong.', { faults });
    const { code, out, err } = await against([before, refused], ['set', 'keepVersions=9']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('/configuration/sitrepLimit  must be more than keepVersions (9)');
  });

  test.each([['[]'], ['null'], ['"x"'], ['{"a":1,"a":2}'], ['{']])('does not send %s', async (stdin) => {
    const { code, err } = await against([before, after], ['set', '-'], { stdin });
    expect({ code, sent: sent() }).toEqual({ code: 1, sent: undefined });
    expect(err).toContain('What came on stdin is not a configuration');
  });

  test.each([[[]], [['a.json', 'b.json']], [['a.json', 'debounceMs=1']], [['a=1', '--author', '']]])(
    'with %j is wrong usage',
    async (args) => {
      expect((await against([before, after], ['set', ...args])).code).toBe(2);
    },
  );
});

describe('config history', () => {
  test('lists what was set, by whom, and what changed', async () => {
    const heading = {
      version: 2,
      author: 'rosa\u001b[2J',
      comment: 'two\nlines',
      timeCreated: new Date().toISOString(),
      changed: ['debounceMs', 'keepVersions'],
    };
    const { out } = await against([json(200, { items: [heading], nextCursor: null })], ['history']);
    expect(out).toMatch(/VERSION +AGE +AUTHOR +CHANGED +COMMENT/);
    expect(out).toMatch(/2 +\ds +rosa\\u001b\[2J +debounceMs keepVersions +two lines/);
  });

  test('says that nothing was set yet', async () => {
    const { out } = await against([json(200, { items: [], nextCursor: null })], ['history']);
    expect(out).toBe('Nothing was set yet; the defaults hold.\n');
  });
});

test('against a real API a field is set, shown, edited in a file, and set back', async () => {
  const service = await TestService.start({ worker: false });
  const config = (args: string[], stdin = '') =>
    sitrep(['config', ...args], { url: service.api.url, stdin, env: { USER: 'karl' } });
  const done = async (args: string[], stdin?: string) => {
    const { code, out, err } = await config(args, stdin);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out;
  };
  try {
    expect(await done(['show'])).toContain('Nothing was set yet');
    expect(await done(['set', 'keepVersions=10'])).toBe('Configuration version 1 is in force.\n');
    const shown: ConfigurationView = JSON.parse(await done(['show', '-o', 'json']));
    const edited = { ...shown, configuration: { ...shown.configuration, thresholdRules: [RULE] } };
    await done(['set', '-'], JSON.stringify(edited));
    expect(await done(['show'])).toContain('fan_stalls');
    // Whoever edited what was shown before has to look again.
    const late = await config(['set', '-'], JSON.stringify({ ...shown, configuration: {} }));
    expect(late).toMatchObject({ code: 1, err: expect.stringContaining('The newest version is 2, not 1.') });
    await done(['set', '-', '--comment', 'as it was'], await done(['show', '1', '-o', 'json']));
    expect(await done(['history'])).toMatch(
      /3 .*karl +thresholdRules +as it was\n +2 .*\n +1 .*keepVersions/,
    );
    const bad = await config(['set', 'keepVersions=3000']);
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining('/configuration/sitrepLimit') });
  } finally {
    await service.close();
  }
});
