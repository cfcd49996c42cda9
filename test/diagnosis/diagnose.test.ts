import { validate, version } from 'uuid';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { engineSetFaults } from '../../src/diagnosis/engine-set.ts';
import type { AnalysisInputs } from '../../src/diagnosis/inputs.ts';
import type { CaseDocument } from '../../src/model/sitrep.ts';
import { idOf } from '../cli/views.ts';
import { aRequest } from '../support/document.ts';
import { curious, engineThat } from './engines.ts';
import { anError, at } from './ereports.ts';
import { Fleet, inputsWith } from './fleet.ts';

const ERROR = anError(0);
const ID = { restartId: ERROR.restartId, ena: ERROR.ena };
const REQUEST = aRequest({ id: idOf(0x99) });
const idle = (name = 'test') => engineThat(() => {}, { name });

function aCase(change: Partial<CaseDocument> = {}): CaseDocument {
  return {
    id: idOf(1),
    engine: 'test',
    closed: false,
    comment: '',
    ereports: [],
    alertRequests: [],
    ...change,
  };
}
/** Inputs whose parent has these cases. */
const onTopOf = (cases: CaseDocument[], given: Partial<AnalysisInputs> = {}) =>
  inputsWith({ parent: { id: idOf(0xff), cases }, ...given });

describe('an open case', () => {
  test('is carried by an engine that has nothing to say of it', () => {
    const { document } = diagnose(onTopOf([aCase()], { arrived: [ERROR] }), [curious()]);
    expect(document?.cases).toHaveLength(2);
    expect(document?.cases).toContainEqual(aCase());
  });

  test('is carried when its engine is not there any more, and the report names it', () => {
    const stranger = aCase({ engine: 'long_gone', alertRequests: [{ ...REQUEST, comment: '' }] });
    const { document, report } = diagnose(onTopOf([stranger], { arrived: [ERROR] }), [curious()]);
    expect(document?.cases).toContainEqual(stranger);
    expect(report.inputs.casesWithoutEngine).toEqual([stranger.id]);
  });

  test('is shown to the engine it belongs to, and to no other', () => {
    const shown: Record<string, string[]> = {};
    const look = (name: string) =>
      engineThat(({ cases }) => (shown[name] = cases.map(({ id }) => id)), { name });
    diagnose(onTopOf([aCase(), aCase({ id: idOf(2), engine: 'other' })]), [look('test'), look('other')]);
    expect(shown).toEqual({ test: [idOf(1)], other: [idOf(2)] });
  });
});

describe('a closed case', () => {
  const CLOSED = aCase({
    closed: true,
    ereports: [{ ...ID, comment: '' }],
    alertRequests: [{ ...REQUEST, comment: '' }],
  });

  test('is carried while one of its ereports is not marked as seen', () => {
    const { document, report } = diagnose(
      onTopOf([CLOSED], { unmarked: [ID], metRequests: [REQUEST.id] }),
      [],
    );
    expect(document).toBeNull();
    expect(report.inputs.closedCasesCarried).toEqual([
      { id: CLOSED.id, unmarkedEreports: [ID], unmetRequests: [] },
    ]);
  });

  test('is carried while one of its requests has no marker', () => {
    const { document, report } = diagnose(onTopOf([CLOSED]), []);
    expect(document).toBeNull();
    expect(report.inputs.closedCasesCarried).toEqual([
      { id: CLOSED.id, unmarkedEreports: [], unmetRequests: [REQUEST.id] },
    ]);
  });

  test('is dropped when all is done, which makes a new sitrep', () => {
    const { document, report } = diagnose(onTopOf([CLOSED], { metRequests: [REQUEST.id] }), []);
    expect(document?.cases).toEqual([]);
    expect(report.inputs.closedCasesDropped).toEqual([CLOSED.id]);
  });

  test('is shown to no engine, so that none can open it again', () => {
    const seen: number[] = [];
    diagnose(onTopOf([CLOSED]), [engineThat(({ cases }) => seen.push(cases.length))]);
    expect(seen).toEqual([0]);
  });

  test('keeps the ereports that it has from coming back as new ones', () => {
    const { document } = diagnose(onTopOf([CLOSED], { arrived: [ERROR], unmarked: [ID] }), [curious()]);
    expect(document).toBeNull();
  });
});

describe('nothing is committed', () => {
  test('of a fleet where nothing ever happened', () => {
    expect(diagnose(inputsWith(), [curious()])).toMatchObject({
      document: null,
      report: { outcome: 'unchanged' },
    });
  });

  test('when an engine only says again what is said already', () => {
    const again = engineThat(({ cases }) => {
      for (const one of cases) {
        one.setComment('something else');
        one.setComment('');
        one.addEreport(ID);
        one.log('thought about it');
      }
    });
    const parent = [aCase({ ereports: [{ ...ID, comment: '' }] })];
    const { document, report } = diagnose(onTopOf(parent, { assigned: [ERROR] }), [again]);
    expect(document).toBeNull();
    expect(report.cases).toMatchObject([{ log: [{ event: 'thought about it' }] }]);
  });
});

describe('an engine that throws', () => {
  const boom = engineThat(
    (analysis) => {
      for (const one of analysis.cases) one.close('no reason');
      analysis.openCase('half a thought').addEreport(ERROR);
      analysis.ignore(ERROR, 'never mind');
      throw new Error('boom');
    },
    { name: 'boom' },
  );
  const parent = [aCase({ engine: 'boom' })];

  test('has done nothing, and the report says why', () => {
    const { document, report } = diagnose(onTopOf(parent, { arrived: [ERROR] }), [boom]);
    expect(document).toBeNull();
    expect(report.engines).toMatchObject([{ name: 'boom', error: expect.stringContaining('boom') }]);
    expect(report.cases).toEqual([]);
  });

  test('does not keep the others from their work, before it or after it', () => {
    const engines = [curious({ name: 'one' }), boom, curious({ name: 'two' })];
    const { document } = diagnose(onTopOf(parent, { arrived: [ERROR] }), engines);
    expect(document?.cases.map(({ engine }) => engine).sort()).toEqual(['boom', 'one', 'two']);
    expect(document?.cases).toContainEqual(parent[0]);
  });

  test('leaves the ereports that it might have read for the next analysis', () => {
    const picky = { ...boom, classes: ['disk.io.*'] };
    const other = anError(1, { class: 'disk.smart.warning' });
    const { report } = diagnose(inputsWith({ arrived: [ERROR, other] }), [picky]);
    expect(report.undecided).toEqual([{ ...ID, class: 'disk.io.error' }]);
    expect(report.notUnderstood).toMatchObject([{ class: 'disk.smart.warning' }]);
    expect(report.ignored).toEqual([]);
  });

  test.each([
    ['a text', 'boom'],
    ['nothing', undefined],
    ['an object', { boom: true }],
  ])('may throw %s', (_, thrown) => {
    const thrower = engineThat(() => {
      throw thrown;
    });
    const { report } = diagnose(inputsWith(), [thrower]);
    expect(report.engines[0]?.error).toEqual(expect.any(String));
  });

  test('is one that returns a promise, whatever that comes to', async () => {
    const patient = engineThat(async (analysis) => {
      analysis.openCase('early');
      throw new Error('late');
    });
    const { document, report } = diagnose(inputsWith(), [patient]);
    expect(document).toBeNull();
    expect(report.engines[0]?.error).toContain('promise');
  });

  test('is one that writes on what the others have yet to read', () => {
    const vandal = engineThat(({ newEreports }) => {
      for (const { body } of newEreports) Object.assign(body, { disk: 'd9' });
    });
    const seen: unknown[] = [];
    const reader = engineThat(({ newEreports }) => seen.push(...newEreports.map(({ body }) => body)), {
      name: 'reader',
    });
    const { report } = diagnose(inputsWith({ arrived: [anError(0)] }), [vandal, reader]);
    expect(report.engines[0]?.error).toContain('read only');
    expect(seen).toEqual([{ disk: 'd0' }]);
  });
});

describe('a new ereport', () => {
  test('is shown to the engines that read its class, and to no other', () => {
    const shown: Record<string, (string | null)[]> = {};
    const look = (name: string, ...classes: string[]) =>
      engineThat(({ newEreports }) => (shown[name] = newEreports.map((one) => one.class)), { name, classes });
    const arrived = [ERROR, anError(1, { class: 'door.opened' }), anError(2, { class: null })];
    diagnose(inputsWith({ arrived }), [look('disks', 'disk.**'), look('all', '**'), look('none', 'disk')]);
    expect(shown).toEqual({ disks: ['disk.io.error'], all: ['disk.io.error', 'door.opened'], none: [] });
  });

  test('comes in order of restart and ENA, however they arrived', () => {
    const ereports = ['0x10', '0x9', '0x2'].map((ena) => anError(0, { ena }));
    const shown: string[] = [];
    const look = engineThat(({ newEreports }) => shown.push(...newEreports.map(({ ena }) => ena)));
    diagnose(inputsWith({ arrived: [...ereports, ...ereports] }), [look]);
    expect(shown).toEqual(['0x2', '0x9', '0x10']);
  });

  test('that no engine wants is not understood, by nobody in particular', () => {
    const { report } = diagnose(inputsWith({ arrived: [ERROR] }), [idle()]);
    expect(report.notUnderstood).toEqual([{ ...ID, class: 'disk.io.error', because: [] }]);
  });

  test('that one engine cannot read and another can is understood', () => {
    const puzzled = engineThat((analysis) => analysis.notUnderstood(ERROR, 'what?'), { name: 'puzzled' });
    const { report } = diagnose(inputsWith({ arrived: [ERROR] }), [puzzled, curious()]);
    expect(report.notUnderstood).toEqual([]);
    expect(report.engines[0]?.log).toMatchObject([{ level: 'warning', values: { why: 'what?' } }]);
  });

  test('may be understood and need no case', () => {
    const calm = engineThat((analysis) => analysis.ignore(ERROR, 'all is well'));
    const { report } = diagnose(inputsWith({ arrived: [ERROR] }), [calm]);
    expect(report).toMatchObject({
      notUnderstood: [],
      ignored: [{ ...ID, because: [{ engine: 'test', why: 'all is well' }] }],
    });
  });
});

describe('ids', () => {
  const inputs = onTopOf([aCase()], {
    arrived: [ERROR, anError(1)],
    metRequests: [idOf(3), idOf(4)],
    restarts: [{ restartId: ERROR.restartId, timeLatest: at(1) }],
  });
  const idsOf = (given: AnalysisInputs, ...engines: ReturnType<typeof curious>[]) => {
    const { document } = diagnose(given, engines.length > 0 ? engines : [curious()]);
    return [document?.id, ...(document?.cases ?? []).map(({ id }) => id)].filter((id) => id !== idOf(1));
  };

  test('are UUIDs made of what went in, all different', () => {
    const ids = idsOf(inputs);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(validate(id) && version(id as string)).toBe(5);
  });

  test('are the same when it is the same that went in', () => {
    expect(idsOf(structuredClone(inputs))).toEqual(idsOf(inputs));
  });

  test.each<[string, AnalysisInputs]>([
    ['time', { ...inputs, time: at(77) }],
    ['parent', { ...inputs, parent: { id: idOf(0xfe), cases: [aCase()] } }],
    ['new ereports', { ...inputs, arrived: [...inputs.arrived, anError(2)] }],
    ['ereports of the parent that are there', { ...inputs, assigned: [anError(3)] }],
    ['ereports that are not marked', { ...inputs, unmarked: [ID] }],
    ['requests that are met', { ...inputs, metRequests: [idOf(3)] }],
    ['restarts', { ...inputs, restarts: [] }],
  ])('are others with other %s', (_, other) => {
    const ids = new Set(idsOf(inputs));
    expect(idsOf(other).filter((id) => ids.has(id))).toEqual([]);
  });

  test.each([
    ['another engine', [curious(), idle('another')]],
    ['an engine with other settings', [curious({ settings: { n: 2 } })]],
    ['an engine that reads other classes', [curious({ classes: ['disk.**'] })]],
  ])('are others with %s', (_, engines) => {
    const ids = new Set(idsOf(inputs));
    expect(idsOf(inputs, ...engines).filter((id) => ids.has(id))).toEqual([]);
  });
});

test('randomness follows from the inputs, and is different in each engine and each sitrep', () => {
  const drawn = (time: string) => {
    const numbers: number[] = [];
    const draw = (name: string) => engineThat(({ random }) => numbers.push(random(), random()), { name });
    diagnose(inputsWith({ time }), [draw('one'), draw('two')]);
    return numbers;
  };
  expect(drawn(at(0))).toEqual(drawn(at(0)));
  const all = [...drawn(at(0)), ...drawn(at(1))];
  expect(new Set(all).size).toBe(8);
  for (const number of all) expect(number >= 0 && number < 1).toBe(true);
});

test('a sitrep says who made it and in a line what is new, and the next goes on from it', () => {
  const fleet = new Fleet(curious());
  fleet.hear(at(0), ERROR, anError(1));
  expect(fleet.current).toMatchObject({
    creator: 'diagnosis',
    comment: 'Cases: 2 opened, 0 closed, 0 dropped. Alerts asked for: 0.',
  });
  expect(fleet.hear(at(1)).document).toBeNull();
  fleet.hear(at(2), anError(2));
  expect(fleet.cases).toHaveLength(3);
});

describe('engines that cannot run together', () => {
  const SCHEMA = z.strictObject({});
  const bringing = (name: string, schema: z.ZodType) =>
    engineThat(() => {}, {
      name,
      alertClasses: { 'my.alert': { description: 'Mine.', versions: { 0: schema } } },
    });

  test('are two of one name', () => {
    expect(engineSetFaults([idle('a'), idle('b'), idle('a')])).toEqual(['Two engines have the name a.']);
    expect(() => diagnose(inputsWith(), [idle(), idle()])).toThrow('Two engines have the name test.');
  });
  test('are two that mean different things by one alert class', () => {
    const faults = engineSetFaults([bringing('a', SCHEMA), bringing('b', z.strictObject({}))]);
    expect(faults).toEqual(['The engine b brings the alert class my.alert, which is there already.']);
  });
  test('are not two that bring the same', () => {
    expect(engineSetFaults([bringing('a', SCHEMA), bringing('b', SCHEMA)])).toEqual([]);
  });
});
