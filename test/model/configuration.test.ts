import { describe, expect, test } from 'vitest';
import {
  Configuration,
  ConfigurationChange,
  DEFAULT_CONFIGURATION,
  readStored,
  unreadableInWords,
} from '../../src/model/configuration.ts';

const rule = (fields: object = {}) => ({
  name: 'fan_stalls',
  class: 'hw.fan.*',
  count: 3,
  withinSeconds: 600,
  ...fields,
});
const withRule = (fields: object) => ({ thresholdRules: [rule(fields)] });

function faultsOf(document: unknown): string[] {
  const reading = readStored(document);
  return reading.kind === 'unreadable' ? reading.faults.map(({ pointer }) => pointer) : [];
}

describe('a configuration', () => {
  test('has a default for each field, and the defaults are valid', () => {
    expect(Configuration.parse({})).toEqual({
      analysisEnabled: true,
      analysisIntervalSeconds: 300,
      debounceMs: 250,
      sitrepLimit: 2_500,
      keepVersions: 2_000,
      thresholdRules: [],
    });
    expect(Configuration.parse(DEFAULT_CONFIGURATION)).toEqual(DEFAULT_CONFIGURATION);
  });

  test('says of each field what it means', () => {
    const fields = { ...Configuration.shape, ...Configuration.shape.thresholdRules.unwrap().element.shape };
    const silent = Object.entries(fields).filter(([, schema]) => !schema.description);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('takes rules, with defaults for what is left out of one', () => {
    expect(Configuration.parse(withRule({})).thresholdRules).toEqual([
      {
        ...rule(),
        thing: [],
        closeAfterSeconds: 86_400,
        severity: 'warning',
        alertClass: 'threshold.exceeded',
        alertVersion: 0,
      },
    ]);
  });

  test.each([
    ['hw.fan', []],
    ['**', ['/reporter/rackId', '/body/fan']],
    ['ereport.cpu.intel-x.*', ['/body/a~1b/~0/0', '/body/', '/serialNumber']],
  ])('takes a rule for %s, by %j', (name, thing) => {
    expect(faultsOf(withRule({ class: name, thing }))).toEqual([]);
  });

  test('may keep one version, and have room for one sitrep more', () => {
    expect(faultsOf({ keepVersions: 1, sitrepLimit: 2 })).toEqual([]);
  });
});

const FULL = Array.from({ length: 101 }, (_, n) => rule({ name: `r${n}` }));

test.each<[string, unknown, string[]]>([
  ['no object', [], ['']],
  ['null', null, ['']],
  ['an unknown field', { analysis: true }, ['/analysis']],
  ['a field of every object', JSON.parse('{"__proto__": {}}'), ['/__proto__']],
  ['a text for a number', { debounceMs: '250' }, ['/debounceMs']],
  ['null for a number', { sitrepLimit: null }, ['/sitrepLimit']],
  ['a number for a switch', { analysisEnabled: 1 }, ['/analysisEnabled']],
  ['half a millisecond', { debounceMs: 0.5 }, ['/debounceMs']],
  ['a debounce before the ereport', { debounceMs: -1 }, ['/debounceMs']],
  ['a debounce of more than a minute', { debounceMs: 60_001 }, ['/debounceMs']],
  ['an analysis without a pause', { analysisIntervalSeconds: 0 }, ['/analysisIntervalSeconds']],
  ['less than an analysis a day', { analysisIntervalSeconds: 86_401 }, ['/analysisIntervalSeconds']],
  ['no version kept', { keepVersions: 0 }, ['/keepVersions']],
  [
    'more versions than anybody looks at',
    { sitrepLimit: 1e6, keepVersions: 1e6 },
    ['/keepVersions', '/sitrepLimit'],
  ],
  ['room for no sitrep', { keepVersions: 1, sitrepLimit: 1 }, ['/sitrepLimit', '/sitrepLimit']],
  ['a limit that history alone fills', { keepVersions: 100, sitrepLimit: 100 }, ['/sitrepLimit']],
  ['a limit below the default of what is kept', { sitrepLimit: 2_000 }, ['/sitrepLimit']],
  ['too many rules', { thresholdRules: FULL }, ['/thresholdRules']],
  ['a name twice', { thresholdRules: [rule(), rule()] }, ['/thresholdRules/1/name']],
  ['no name', withRule({ name: '' }), ['/thresholdRules/0/name']],
  ['a name in capitals', withRule({ name: 'Fan' }), ['/thresholdRules/0/name']],
  ['a name of two lines', withRule({ name: 'a\nb' }), ['/thresholdRules/0/name']],
  ['a long name', withRule({ name: 'a'.repeat(51) }), ['/thresholdRules/0/name']],
  ['no class', withRule({ class: '' }), ['/thresholdRules/0/class']],
  ['an empty segment', withRule({ class: 'hw..fan' }), ['/thresholdRules/0/class']],
  ['a star within a segment', withRule({ class: 'hw.fan*' }), ['/thresholdRules/0/class']],
  ['a regular expression', withRule({ class: 'hw.(fan|psu)' }), ['/thresholdRules/0/class']],
  ['a long class', withRule({ class: 'a'.repeat(201) }), ['/thresholdRules/0/class']],
  ['a path that is no pointer', withRule({ thing: ['body.fan'] }), ['/thresholdRules/0/thing/0']],
  ['a pointer elsewhere', withRule({ thing: ['/ena'] }), ['/thresholdRules/0/thing/0']],
  ['the whole body', withRule({ thing: ['/body'] }), ['/thresholdRules/0/thing/0']],
  ['a wrong escape', withRule({ thing: ['/body/~2'] }), ['/thresholdRules/0/thing/0']],
  ['a NUL', withRule({ thing: ['/body/\u0000'] }), ['/thresholdRules/0/thing/0']],
  [
    'many pointers',
    withRule({ thing: Array.from({ length: 11 }, (_, n) => `/body/${n}`) }),
    ['/thresholdRules/0/thing'],
  ],
  ['none that count', withRule({ count: 0 }), ['/thresholdRules/0/count']],
  ['more than can be held', withRule({ count: 1_001 }), ['/thresholdRules/0/count']],
  ['no time', withRule({ withinSeconds: 0 }), ['/thresholdRules/0/withinSeconds']],
  ['more than a month', withRule({ withinSeconds: 2_592_001 }), ['/thresholdRules/0/withinSeconds']],
  ['no time to close', withRule({ closeAfterSeconds: 0 }), ['/thresholdRules/0/closeAfterSeconds']],
  ['an unknown alert class', withRule({ alertClass: 'test.nothing' }), ['/thresholdRules/0/alertClass']],
  ['a name of every object', withRule({ alertClass: 'constructor' }), ['/thresholdRules/0/alertClass']],
  [
    'a class of Sitrep itself',
    withRule({ alertClass: 'sitrep.receiver.disabled' }),
    ['/thresholdRules/0/alertClass'],
  ],
  ['an unknown version of a class', withRule({ alertVersion: 1 }), ['/thresholdRules/0/alertVersion']],
  [
    'a class of something else',
    withRule({ alertClass: 'hardware.power_shelf.psu.remove' }),
    ['/thresholdRules/0/alertClass'],
  ],
  ['an unknown severity', withRule({ severity: 'fatal' }), ['/thresholdRules/0/severity']],
  ['an unknown field of a rule', withRule({ n: 3 }), ['/thresholdRules/0/n']],
  [
    'a rule of nothing',
    { thresholdRules: [{}] },
    ['name', 'class', 'count', 'withinSeconds'].map((name) => `/thresholdRules/0/${name}`),
  ],
])('a configuration with %s is refused, and its place named', (_, document, pointers) => {
  expect(faultsOf(document)).toEqual(pointers);
});

test.each([
  ['no author', { author: '' }],
  ['a long author', { author: 'a'.repeat(201) }],
  ['an author that cannot be stored', { author: 'a\u0000' }],
  ['a long comment', { comment: 'a'.repeat(1_001) }],
  ['a version before all', { expectedVersion: -1 }],
  ['no version', { expectedVersion: undefined }],
  ['no configuration', { configuration: undefined }],
])('a change with %s is refused', (_, fields) => {
  const change = { expectedVersion: 0, author: 'karl', comment: '', configuration: {} };
  expect(ConfigurationChange.safeParse(change).success).toBe(true);
  expect(ConfigurationChange.safeParse({ ...change, ...fields }).success).toBe(false);
});

describe('what cannot be read', () => {
  const view = { author: null, comment: null, timeCreated: null, configuration: DEFAULT_CONFIGURATION };
  const unreadable = { version: 5, faults: [{ pointer: '/x', detail: 'is not a known field' }] };

  test('is said with what holds instead', () => {
    expect(unreadableInWords({ ...view, version: 3, unreadable })).toBe(
      'Version 5 of the configuration cannot be read (/x is not a known field); version 3 stays in force.',
    );
    expect(unreadableInWords({ ...view, version: 0, unreadable })).toMatch(/the defaults hold\.$/);
    expect(unreadableInWords({ ...view, version: 3, unreadable: null })).toBeNull();
  });
});
