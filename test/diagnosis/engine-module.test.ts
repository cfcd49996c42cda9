import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { EngineModuleError, engineOf } from '../../src/diagnosis/engine-module.ts';

const SCHEMA = z.strictObject({ n: z.int() });
const ENGINE: Engine = {
  name: 'mine',
  classes: ['my.**'],
  alertClasses: { 'my.alert': { description: 'Mine.', versions: { 0: SCHEMA } } },
  settings: { n: 1 },
  analyze: () => {},
};
const load = (module: unknown) => engineOf('./mine.ts', module);
const making = (engine: unknown) => ({ default: () => engine });

describe('a module with an engine', () => {
  test('is one whose default export makes one', () => {
    const engine = load(making(ENGINE));
    expect(engine).toEqual(ENGINE);
    expect(engine.alertClasses?.['my.alert']?.versions[0]).toBe(SCHEMA);
  });

  test('is handed its settings, or null where there are none', () => {
    const echo = { default: (settings: unknown) => ({ ...ENGINE, settings }) };
    expect(engineOf('./mine.ts', echo, { n: 2 }).settings).toEqual({ n: 2 });
    expect(load(echo).settings).toBeNull();
  });

  test('needs neither settings nor alert classes', () => {
    const { settings, alertClasses, ...least } = ENGINE;
    expect(load(making(least))).toEqual(least);
  });
});

describe('a module is refused, with its path and what is wrong, when', () => {
  test.each<[string, unknown, string]>([
    ['it exports nothing', {}, 'its default export must be a function'],
    ['it is none', undefined, 'its default export must be a function'],
    [
      'it exports an engine instead of what makes one',
      { default: ENGINE },
      'must be a function that makes an engine',
    ],
    [
      'what makes the engine throws',
      {
        default: () => {
          throw new Error('n is required');
        },
      },
      'its default export threw: n is required',
    ],
    ['it makes nothing', making(undefined), 'what it returns is required'],
    ['it makes a promise', { default: async () => ENGINE }, '/name is required'],
    ['the engine has no name', making({ ...ENGINE, name: undefined }), '/name is required'],
    ['the name is odd', making({ ...ENGINE, name: 'My Engine' }), '/name must be lower-case'],
    ['it reads nothing', making({ ...ENGINE, classes: [] }), '/classes must have an element'],
    ['a glob is none', making({ ...ENGINE, classes: ['my*'] }), '/classes/0 must be a class'],
    ['it does not analyze', making({ ...ENGINE, analyze: undefined }), '/analyze must be a function'],
    ['it analyzes later', making({ ...ENGINE, analyze: async () => {} }), '/analyze must be synchronous'],
    ['it analyzes by and by', making({ ...ENGINE, *analyze() {} }), '/analyze must be synchronous'],
    ['it does both', making({ ...ENGINE, async *analyze() {} }), '/analyze must be synchronous'],
    ['it has a field too many', making({ ...ENGINE, anlyze: 1 }), '/anlyze is not a known field'],
    ['its settings are no JSON', making({ ...ENGINE, settings: { on: () => {} } }), '/settings'],
    [
      'it takes the name of a class that is there',
      making({ ...ENGINE, alertClasses: { 'test.foo': ENGINE.alertClasses?.['my.alert'] } }),
      'is the name of a class that Sitrep has itself',
    ],
    [
      'it makes a class of Sitrep’s own',
      making({ ...ENGINE, alertClasses: { 'sitrep.mine': ENGINE.alertClasses?.['my.alert'] } }),
      'must not begin with sitrep.',
    ],
    [
      'a class of alerts has no version',
      making({ ...ENGINE, alertClasses: { 'my.alert': { description: 'Mine.', versions: {} } } }),
      '/alertClasses/my.alert must have a version',
    ],
    [
      'a schema is none',
      making({ ...ENGINE, alertClasses: { 'my.alert': { description: 'Mine.', versions: { 0: {} } } } }),
      '/alertClasses/my.alert/versions/0 must be a zod schema',
    ],
  ])('%s', (_, module, words) => {
    expect(() => load(module)).toThrow(EngineModuleError);
    expect(() => load(module)).toThrow('The engine module ./mine.ts is not usable: ');
    expect(() => load(module)).toThrow(words);
  });
});
