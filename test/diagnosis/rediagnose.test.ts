import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import type { AnalysisInputs } from '../../src/diagnosis/inputs.ts';
import { rediagnose } from '../../src/diagnosis/rediagnose.ts';
import { type Differences, diffCases, isSame } from '../../src/model/diff.ts';
import type { CaseDocument, SitrepDocument } from '../../src/model/sitrep.ts';
import { idOf } from '../cli/views.ts';
import { curious, engineThat } from './engines.ts';
import { anError } from './ereports.ts';
import { inputsWith } from './fleet.ts';

const errors = [anError(0), anError(1), anError(2)];
const inputs = inputsWith({ arrived: errors });

function madeOf(given: AnalysisInputs, ...engines: Engine[]): SitrepDocument {
  const { document } = diagnose(given, engines);
  if (!document) throw new Error('The test needs engines that change something.');
  return document;
}

/** What would be different if the new engines had been there instead of the old ones. */
function differences(before: Engine, today: Engine, given = inputs): Differences {
  const made = madeOf(given, before);
  return diffCases(made.cases, rediagnose(given, made, [today]).cases);
}

/** Another version of an engine: as its settings go into the ids, all that is new has other ones. */
const NEXT = { settings: { version: 2 } };

/** Opens a case for each ereport, and asks for alerts that name the case and the sitrep. */
const asking = (payloads: object[], change: Partial<Engine> = {}) =>
  engineThat((analysis) => {
    const foo = analysis.alertKind('test.foo', 0);
    if (!foo) throw new Error('The class is there.');
    for (const ereport of analysis.newEreports) {
      const opened = analysis.openCase(`about ${ereport.ena}`);
      opened.addEreport(ereport);
      for (const payload of payloads) {
        opened.requestAlert(foo, { ...payload, of: opened.id, sitrep: analysis.sitrepId });
      }
      opened.setComment(`${opened.comment}, as in ${opened.id}`);
    }
  }, change);

describe('diagnosed once more', () => {
  test('the same engines come to the same, id by id', () => {
    const made = madeOf(inputs, asking([{}]));
    expect(rediagnose(inputs, made, [asking([{}])]).cases).toEqual(made.cases);
  });

  test('engines with other ids, but the same to say, come to the same', () => {
    const today = asking([{ n: 1 }, { n: 2 }], NEXT);
    expect(diagnose(inputs, [today]).document?.cases.map(({ id }) => id)).not.toEqual(
      madeOf(inputs, asking([{ n: 1 }, { n: 2 }])).cases.map(({ id }) => id),
    );
    expect(differences(asking([{ n: 1 }, { n: 2 }]), today)).toSatisfy(isSame);
  });

  test('a case with another comment is that case changed', () => {
    const { changed, ...others } = differences(saying('old'), saying('new', NEXT));
    expect(changed.map(({ fields }) => fields)).toEqual(
      errors.map(() => ({ comment: { from: 'old', to: 'new' } })),
    );
    expect(others).toMatchObject({ opened: [], gone: [], closed: [] });
  });

  test('a case with most of its ereports is that case, whatever else took the others', () => {
    const { changed, opened, gone } = differences(
      sorting((nth) => (nth < 1 ? 'a' : 'b')),
      sorting(() => 'c', NEXT),
    );
    expect(changed).toMatchObject([
      { fields: { comment: { from: 'b' } }, ereportsAdded: [{ ena: errors[0]?.ena }], ereportsDropped: [] },
    ]);
    expect({ opened, gone }).toMatchObject({ opened: [], gone: [{ comment: 'a' }] });
  });

  test('a case of another engine is another case', () => {
    const { opened, gone } = differences(curious(), curious({ name: 'other' }));
    expect({ opened: opened.length, gone: gone.length }).toEqual({ opened: 3, gone: 3 });
  });

  test('of cases without ereports those are the same that say the same', () => {
    const opening = (comments: string[], change: Partial<Engine> = {}) =>
      engineThat((analysis) => {
        for (const comment of comments) analysis.openCase(comment);
      }, change);
    const { opened, gone, changed } = differences(opening(['a', 'b']), opening(['b', 'c'], NEXT));
    expect(opened).toMatchObject([{ comment: 'c' }]);
    expect(gone).toMatchObject([{ comment: 'a' }]);
    expect(changed).toEqual([]);
  });

  test('a request with another payload is that request changed; one more is one more', () => {
    const given = inputsWith({ arrived: errors.slice(0, 1) });
    const { changed, requestsAdded } = differences(
      asking([{ n: 1 }, { n: 2 }]),
      asking([{ n: 3 }, { n: 1 }, { n: 4 }], NEXT),
      given,
    );
    expect(changed).toMatchObject([
      { requestsChanged: [{ fields: { payload: { from: { n: 2 }, to: { n: 3 } } } }], requestsDropped: [] },
    ]);
    expect(requestsAdded).toHaveLength(1);
  });

  test('what the parent has keeps its ids, and is compared by them', () => {
    const open: CaseDocument = {
      id: idOf(1),
      engine: 'test',
      closed: false,
      comment: 'open',
      ereports: [],
      alertRequests: [],
    };
    const given = inputsWith({ parent: { id: idOf(9), cases: [open] } });
    const closing = engineThat(({ cases }) => cases[0]?.close('done'));
    const leaving = engineThat(({ cases }) => cases[0]?.setComment('still open'), NEXT);
    expect(differences(closing, leaving, given).changed).toMatchObject([
      { id: idOf(1), fields: { closed: { from: true, to: false }, comment: { to: 'still open' } } },
    ]);
  });

  test('where nothing would be made, the parent goes on as it is', () => {
    const { gone, opened } = differences(
      curious(),
      engineThat(() => {}, NEXT),
    );
    expect({ gone: gone.length, opened: opened.length }).toEqual({ gone: 3, opened: 0 });
  });
});

function saying(comment: string, change: Partial<Engine> = {}): Engine {
  return engineThat((analysis) => {
    for (const ereport of analysis.newEreports) analysis.openCase(comment).addEreport(ereport);
  }, change);
}

/** Puts each ereport into the case of a name that its place gives it. */
function sorting(nameOf: (nth: number) => string, change: Partial<Engine> = {}): Engine {
  return engineThat((analysis) => {
    for (const [nth, ereport] of analysis.newEreports.entries()) {
      const name = nameOf(nth);
      const found = analysis.findCase(({ comment }) => comment === name) ?? analysis.openCase(name);
      found.addEreport(ereport);
    }
  }, change);
}
