import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Analysis } from '../../src/diagnosis/analysis.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { PSU_REMOVED } from '../../src/model/alert-class.ts';
import type { CaseDocument } from '../../src/model/sitrep.ts';
import { idOf } from '../cli/views.ts';
import { engineThat } from './engines.ts';
import { anError } from './ereports.ts';
import { inputsWith } from './fleet.ts';

const [OLD, NEW, STRANGER] = [anError(0), anError(1), anError(2)];
const CASE: CaseDocument = {
  id: idOf(1),
  engine: 'test',
  closed: false,
  comment: 'as it was',
  ereports: [{ restartId: OLD.restartId, ena: OLD.ena, comment: 'old' }],
  alertRequests: [],
};
const FOO = { class: 'test.foo', version: 0 };

/** What comes of a parent with one open case, an old ereport in it and a new one beside it. */
function diagnosed(analyze: (analysis: Analysis) => void, unmarked = [OLD]) {
  const parent = { id: idOf(0xff), cases: [CASE] };
  const { document, report } = diagnose(inputsWith({ parent, arrived: [NEW], assigned: [OLD], unmarked }), [
    engineThat(analyze),
  ]);
  return { cases: document?.cases ?? null, report, error: report.engines[0]?.error ?? null };
}
/** The same, of what an engine does with the open case. */
function worked(work: (oneCase: Analysis['cases'][number], analysis: Analysis) => void, unmarked = [OLD]) {
  return diagnosed((analysis) => {
    for (const one of analysis.cases) work(one, analysis);
  }, unmarked);
}
const events = ({ report }: ReturnType<typeof diagnosed>) =>
  report.cases.flatMap(({ log }) => log.map(({ event }) => event));

describe('a case', () => {
  test('is found by its id, and by what is in it', () => {
    diagnosed((analysis) => {
      expect(analysis.case(CASE.id)?.comment).toBe('as it was');
      expect(analysis.case(idOf(2))).toBeUndefined();
      expect(analysis.findCase(({ comment }) => comment === 'as it was')?.id).toBe(CASE.id);
      expect(analysis.findCase(() => false)).toBeUndefined();
      const opened = analysis.openCase('new');
      expect(analysis.findCase(({ isNew }) => isNew)).toBe(opened);
    });
    expect.assertions(5);
  });

  test('says which of its ereports are new, and holds those that the service has', () => {
    worked((one) => {
      one.addEreport(NEW, 'new');
      expect(one.ereports).toEqual([
        { restartId: OLD.restartId, ena: OLD.ena, comment: 'old', ereport: OLD, isNew: false },
        { restartId: NEW.restartId, ena: NEW.ena, comment: 'new', ereport: NEW, isNew: true },
      ]);
    });
    expect.assertions(1);
  });

  test('has an ereport once, with the comment that it came with', () => {
    const added: boolean[] = [];
    const { cases } = worked((one) => {
      added.push(one.addEreport(NEW, 'new'), one.addEreport(NEW, 'again'), one.addEreport(OLD, 'again'));
    });
    expect(added).toEqual([true, false, false]);
    expect(cases?.[0]?.ereports.map(({ comment }) => comment)).toEqual(['old', 'new']);
  });

  test('takes no ereport that the analysis does not have', () => {
    expect(worked((one) => one.addEreport(STRANGER)).error).toContain('none of those that the analysis has');
  });

  test('has another comment when one is set', () => {
    expect(worked((one) => one.setComment('as it is')).cases).toEqual([{ ...CASE, comment: 'as it is' }]);
  });

  test('is closed, and then for good', () => {
    expect(worked((one) => one.close('enough')).cases).toEqual([{ ...CASE, closed: true }]);
    for (const late of [
      (one: Analysis['cases'][number]) => one.addEreport(NEW),
      (one: Analysis['cases'][number]) => one.setComment('late'),
      (one: Analysis['cases'][number]) => one.close('twice'),
      (one: Analysis['cases'][number]) => one.dropEreport(OLD, 'late'),
    ]) {
      const { cases, error } = worked((one) => {
        one.close('enough');
        late(one);
      });
      expect(error).toContain('is closed');
      expect(cases).toBeNull();
    }
  });

  test('lets go of an ereport only when that is marked as seen, for else it would come back as new', () => {
    expect(worked((one) => one.dropEreport(OLD, 'old')).cases).toBeNull();
    expect(worked((one) => one.dropEreport(OLD, 'old'), []).cases).toEqual([{ ...CASE, ereports: [] }]);
  });

  test('does not let go of an ereport that only just came, nor of one that it does not have', () => {
    const dropped: boolean[] = [];
    worked((one) => {
      one.addEreport(NEW);
      dropped.push(one.dropEreport(NEW, 'regret'), one.dropEreport(STRANGER, 'never had it'));
    }, []);
    expect(dropped).toEqual([false, false]);
  });

  test('writes into the report what is done with it, and what the engine wants to say', () => {
    const ran = diagnosed((analysis) => {
      const opened = analysis.openCase('because');
      opened.addEreport(NEW);
      opened.warn('a doubt', { n: 1 });
      opened.close('a conclusion');
    });
    expect(events(ran)).toEqual(['opened', 'ereport added', 'a doubt', 'closed']);
  });
});

describe('a request for an alert', () => {
  const PSU = { slot: 4, identity: null };
  const EVENT = {
    rackId: idOf(5),
    powerShelf: { shelf: 0, baseboard: null },
    psu: PSU,
    time: NEW.timeCollected,
  };

  test('is in the case, under the id that it was told', () => {
    const ids: (string | null)[] = [];
    const { cases } = worked((one) => ids.push(one.requestAlert(PSU_REMOVED, EVENT, 'why')));
    expect(cases?.[0]?.alertRequests).toEqual([
      { id: ids[0], class: PSU_REMOVED.class, version: 0, payload: EVENT, comment: 'why' },
    ]);
  });

  test('has an id of its own each', () => {
    const { cases } = worked((one, analysis) => {
      const kind = analysis.alertKind('test.foo', 0);
      for (let n = 0; kind && n < 3; n++) one.requestAlert(kind, {});
    });
    expect(new Set(cases?.[0]?.alertRequests.map(({ id }) => id)).size).toBe(3);
  });

  test.each<[string, object]>([
    ['lacks a field', { ...EVENT, psu: undefined }],
    ['has a field too many', { ...EVENT, colour: 'red' }],
    ['has a text that Postgres does not store', { ...EVENT, rackId: 'a\u0000b' }],
  ])('whose payload %s is not made, and the report says so', (_, payload) => {
    const ids: (string | null)[] = [];
    const ran = worked((one) =>
      ids.push(one.requestAlert({ ...PSU_REMOVED, schema: PSU_REMOVED.schema as never }, payload)),
    );
    expect(ids).toEqual([null]);
    expect(ran.cases).toBeNull();
    expect(events(ran)).toEqual(['alert not requested, since its payload is not valid']);
  });

  test('whose payload is a list is not made, though its schema takes that', () => {
    const schema = z.array(z.string());
    const lists = { 'test_only.list': { description: 'A list.', versions: { 0: schema } } };
    const engine = engineThat(
      (analysis) =>
        analysis.openCase('').requestAlert({ class: 'test_only.list', version: 0, schema }, ['a']),
      { alertClasses: lists },
    );
    const { document, report } = diagnose(inputsWith(), [engine]);
    expect(document?.cases).toMatchObject([{ alertRequests: [] }]);
    expect(report.cases[0]?.log.at(-1)?.values?.faults).toEqual(['the payload must be an object']);
  });

  test('whose payload is too large is not made', () => {
    const { cases } = worked((one, analysis) => {
      const kind = analysis.alertKind('test.foo', 0);
      if (kind) one.requestAlert(kind, { long: 'x'.repeat(64 * 1024) });
    });
    expect(cases).toBeNull();
  });

  test.each([
    ['of a class that there is not', { ...FOO, class: 'no.such.class' }, 'There is no alert class'],
    ['of a version that there is not', { ...FOO, version: 7 }, 'has no version 7'],
    ['of a class that is Sitrep’s own', { ...FOO, class: 'sitrep.receiver.disabled' }, 'Only Sitrep itself'],
    ['with a schema that is another', FOO, 'has no version 0, or one with another schema'],
  ])('%s is a mistake of the engine', (_, kind, words) => {
    const { error } = worked((one) => one.requestAlert({ ...kind, schema: z.object({}) }, {}));
    expect(error).toContain(words);
  });
});

test.each([
  ['version', { version: '0' }, 'has no version 0'],
  ['class', { class: ['test.foo'] }, 'There is no alert class test.foo'],
])('a request whose %s only looks like one is a mistake of the engine', (_, change, words) => {
  const { error } = worked((one, analysis) => {
    const kind = analysis.alertKind('test.foo', 0);
    if (kind) one.requestAlert({ ...kind, ...(change as object) }, {});
  });
  expect(error).toContain(words);
});

describe('what a case carries', () => {
  const carried = {
    id: idOf(9),
    class: 'test.foo',
    version: 0,
    payload: { unit: { slot: 4 } },
    comment: 'old',
  };
  const before = { ...CASE, alertRequests: [carried] };
  /** What becomes of the parent, and what the next sitrep has, where an engine also says something that it may. */
  function spoilt(spoil: (oneCase: Analysis['cases'][number]) => void) {
    const parent = { id: idOf(0xff), cases: [structuredClone(before)] };
    const vandal = engineThat(({ cases }) => {
      for (const one of cases) {
        one.setComment('as it is');
        spoil(one);
      }
    });
    const { document, report } = diagnose(inputsWith({ parent, assigned: [OLD], unmarked: [OLD] }), [vandal]);
    expect(parent.cases).toEqual([before]);
    return { cases: document?.cases ?? null, error: report.engines[0]?.error ?? null };
  }

  test.each<[string, (oneCase: Analysis['cases'][number]) => void]>([
    ['its payload', ({ alertRequests: [one] }) => Object.assign(one?.payload.unit as object, { slot: 5 })],
    ['its class', ({ alertRequests: [one] }) => Object.assign(one as object, { class: 'test.quux.bar' })],
    ['the case it is in', (oneCase) => Object.assign(oneCase, { id: idOf(2) })],
    ['whose case it is', (oneCase) => Object.assign(oneCase, { engine: 'another' })],
  ])('keeps %s: an engine that writes on it has failed', (_, spoil) => {
    expect(spoilt(spoil)).toEqual({ cases: null, error: expect.stringContaining('read only') });
  });

  test('is not changed where an engine catches that, and goes on', () => {
    const { cases } = spoilt((oneCase) => {
      expect(() => Object.assign(oneCase.alertRequests[0]?.payload as object, { n: 1 })).toThrow();
    });
    expect(cases).toEqual([{ ...before, comment: 'as it is' }]);
  });

  test('is not added to, nor taken from, in the list that an engine is given', () => {
    const { cases } = spoilt(({ alertRequests }) => {
      (alertRequests as object[]).splice(0, 1, { ...carried, id: idOf(10) }, { ...carried, id: 'none' });
    });
    expect(cases).toEqual([{ ...before, comment: 'as it is' }]);
  });
});

test('what ereports say may be put into comments and lines, whatever it is', () => {
  const odd = `NUL \u0000, half a pair \ud800, and ${'long '.repeat(4_000)}`;
  const { cases, report } = diagnosed((analysis) => {
    const opened = analysis.openCase(odd);
    opened.addEreport(NEW, odd);
    opened.setComment(odd);
    opened.log(odd, { odd, list: [odd] });
    analysis.notUnderstood(NEW, odd);
  });
  const texts = JSON.stringify([cases, report]).match(/NUL [^"]*/g) ?? [];
  expect(texts.length).toBeGreaterThan(6);
  for (const text of texts) {
    expect(text.length).toBeLessThanOrEqual(10_000);
    expect(text).toMatch(/^NUL \uFFFD, half a pair \uFFFD, and .*…$/);
  }
});
