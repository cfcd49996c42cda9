import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { powerShelf } from '../../src/diagnosis/engines/power-shelf.ts';
import type { Ereport } from '../../src/diagnosis/ereport.ts';
import { idOf } from '../cli/views.ts';
import { at, psu, recorded } from './ereports.ts';
import { Fleet, inputsWith } from './fleet.ts';

const REMOVED = 'hardware.power_shelf.psu.remove';
const INSERTED = 'hardware.power_shelf.psu.insert';

/** A shelf that has reported all this at once. */
function shelfThatSaid(...ereports: Ereport[]): Fleet {
  const fleet = new Fleet(powerShelf);
  fleet.hear(at(100), ...ereports);
  return fleet;
}

/** Of the class of `psu({ kind: 'removed' })`, but nothing that this engine can read. */
const STRANGE = psu({ kind: 'removed', nth: 9, body: { slot: 9, rail: undefined, refdes: { psu: 'PSU4' } } });

describe('a unit that is pulled out', () => {
  test('opens a case, and asks for an alert that says which unit of which shelf it was', () => {
    const { soleCase, alerts } = shelfThatSaid(recorded('psu-remove'));
    expect(soleCase).toMatchObject({ engine: 'power_shelf', closed: false });
    expect(soleCase.comment).toContain('PSU 4 of power shelf 0 in rack a1f6c7de-0b3c-4f55-9a76-6c1f0d2e4b88');
    expect([...alerts.values()]).toMatchObject([
      {
        class: REMOVED,
        version: 0,
        payload: {
          rackId: 'a1f6c7de-0b3c-4f55-9a76-6c1f0d2e4b88',
          powerShelf: {
            shelf: 0,
            baseboard: { partNumber: '913-0000003', serialNumber: 'BRM45220004', revision: 8 },
          },
          psu: {
            slot: 4,
            identity: {
              manufacturer: 'Murata-PS',
              partNumber: 'MWOCP68-3600-D-RM',
              firmwareRevision: '0701',
              serialNumber: 'LL2216RB003Z',
            },
          },
          time: '2026-11-20T08:10:27.512Z',
        },
      },
    ]);
  });

  test('and put back in a later sitrep closes its case, and asks for one more alert', () => {
    const fleet = shelfThatSaid(recorded('psu-remove'));
    const opened = fleet.soleCase;
    fleet.hear(at(200), recorded('psu-insert'));
    expect(fleet.soleCase).toMatchObject({ id: opened.id, closed: true });
    expect(fleet.soleCase.alertRequests).toEqual(expect.arrayContaining(opened.alertRequests));
    expect(fleet.alertClasses()).toEqual([INSERTED, REMOVED]);
  });

  test('and put back before anyone looked leaves a closed case with both alerts', () => {
    const fleet = shelfThatSaid(recorded('psu-insert'), recorded('psu-remove'));
    expect(fleet.soleCase.closed).toBe(true);
    expect(fleet.alertClasses()).toEqual([INSERTED, REMOVED]);
  });

  test('again after it was put back keeps the case open, until it is put back once more', () => {
    const fleet = shelfThatSaid(psu({ kind: 'removed', nth: 2 }), psu({ kind: 'inserted', nth: 1 }));
    expect(fleet.soleCase.closed).toBe(false);
    fleet.hear(at(200), psu({ kind: 'inserted', nth: 3 }));
    expect(fleet.soleCase.closed).toBe(true);
    expect(fleet.alertClasses()).toEqual([INSERTED, INSERTED, REMOVED]);
  });

  test('is believed by the order of ENAs within a restart, not by that of the clocks', () => {
    const fleet = shelfThatSaid(
      psu({ kind: 'removed', nth: 0x10, seconds: 1 }),
      psu({ kind: 'inserted', nth: 0x9, seconds: 9 }),
    );
    expect(fleet.soleCase.closed).toBe(false);
  });
});

test('a unit that is put in where none was missing leaves a closed case and an alert', () => {
  const fleet = shelfThatSaid(recorded('psu-insert'));
  expect(fleet.soleCase.closed).toBe(true);
  expect(fleet.alertClasses()).toEqual([INSERTED]);
});

test('two places of a shelf have a case each', () => {
  const fleet = shelfThatSaid(
    psu({ kind: 'removed', nth: 1, slot: 4 }),
    psu({ kind: 'removed', nth: 2, slot: 2 }),
  );
  expect(fleet.openCases.map(({ alertRequests }) => alertRequests.length)).toEqual([1, 1]);
  fleet.hear(at(200), psu({ kind: 'inserted', nth: 3, slot: 2 }));
  expect(fleet.openCases.map(({ comment }) => comment)).toEqual([expect.stringContaining('PSU 4')]);
});

test('so have the same places of two shelves, and of two racks', () => {
  const removed = psu({ kind: 'removed' });
  fleetOf({ ...removed.reporter, slot: 1 });
  fleetOf({ ...removed.reporter, rackId: idOf(1) });
  function fleetOf(reporter: object) {
    const fleet = shelfThatSaid(removed, psu({ kind: 'inserted', nth: 2 }), {
      ...psu({ kind: 'removed', nth: 3 }),
      reporter: { ...reporter },
    });
    expect(fleet.openCases).toHaveLength(1);
    expect(fleet.cases).toHaveLength(2);
  }
});

describe('of several restarts', () => {
  const A_REMOVED = psu({ kind: 'removed', restart: 1, seconds: 5 });
  const B_REMOVED = psu({ kind: 'removed', restart: 2, nth: 1, seconds: 1 });
  const B_INSERTED = psu({ kind: 'inserted', restart: 2, nth: 2, seconds: 10 });

  test('the one that was heard of last decides, and each ereport has its alert', () => {
    const fleet = shelfThatSaid(A_REMOVED, B_REMOVED, B_INSERTED);
    expect(fleet.soleCase.closed).toBe(true);
    expect(fleet.alertClasses()).toEqual([INSERTED, REMOVED, REMOVED]);
  });

  test('one that reported of other things since is the later one', () => {
    const timeLatest = at(60);
    const arrived = [A_REMOVED, B_REMOVED, B_INSERTED];
    const restarts = [{ restartId: A_REMOVED.restartId, timeLatest }];
    const { document } = diagnose(inputsWith({ arrived, restarts }), [powerShelf]);
    expect(document?.cases.map(({ closed }) => closed)).toEqual([false]);
  });

  test('one whose times lie ahead is no later than what is heard of now', () => {
    const ahead = psu({ kind: 'removed', restart: 2, seconds: 1_000_000 });
    const fleet = shelfThatSaid(ahead, psu({ kind: 'inserted', restart: 1, seconds: 100 }));
    expect(fleet.soleCase.closed).toBe(true);
  });

  test('what an earlier one saw missing says nothing against the later one', () => {
    const fleet = shelfThatSaid(A_REMOVED, psu({ kind: 'inserted', restart: 2, seconds: 20 }));
    expect(fleet.soleCase.closed).toBe(true);
  });
});

describe('an ereport that cannot be read', () => {
  test('blocks the closing of a case that has it, whatever the others say', () => {
    const fleet = shelfThatSaid(psu({ kind: 'removed', nth: 1 }));
    const current = fleet.current;
    if (!current) throw new Error('There is no sitrep.');
    const strange = { restartId: STRANGE.restartId, ena: STRANGE.ena, comment: '' };
    const cases = current.cases.map((one) => ({ ...one, ereports: [...one.ereports, strange] }));
    const { document, report } = diagnose(
      inputsWith({
        parent: { ...current, cases },
        assigned: [psu({ kind: 'removed', nth: 1 }), STRANGE],
        arrived: [psu({ kind: 'inserted', nth: 2 })],
      }),
      [powerShelf],
    );
    expect(document?.cases).toMatchObject([{ closed: false }]);
    expect(document?.cases[0]?.alertRequests.map((one) => one.class).sort()).toEqual([INSERTED, REMOVED]);
    expect(report.cases[0]?.log.map(({ event }) => event)).toContain('cannot read an ereport of this case');
  });

  test('nor is a case closed while the service does not have one of its ereports', () => {
    const known = { restartId: STRANGE.restartId, ena: STRANGE.ena, comment: '' };
    const only = {
      id: idOf(7),
      engine: 'power_shelf',
      closed: false,
      comment: '',
      ereports: [known],
      alertRequests: [],
    };
    const { document } = diagnose(inputsWith({ parent: { id: idOf(6), cases: [only] } }), [powerShelf]);
    expect(document).toBeNull();
  });

  test.each<[string, Ereport]>([
    ['of a slot that no shelf has', STRANGE],
    [
      'of a reporter that is no power shelf',
      { ...psu({ kind: 'removed' }), reporter: { type: 'host', sled: idOf(1) } },
    ],
    [
      'of a shelf in no known rack',
      { ...psu({ kind: 'removed' }), reporter: { type: 'sp', spType: 'power_shelf', slot: 0 } },
    ],
    ['with an empty body', { ...psu({ kind: 'removed' }), body: {} }],
    ['with half of a unit', psu({ kind: 'removed', body: { fruid: { mfr: 'Murata-PS' } } })],
  ])('is in no case, asks for nothing, and is reported as not understood: %s', (_, ereport) => {
    const { document, report } = diagnose(inputsWith({ arrived: [ereport] }), [powerShelf]);
    expect(document).toBeNull();
    expect(report.notUnderstood).toMatchObject([
      { restartId: ereport.restartId, ena: ereport.ena, because: [{ engine: 'power_shelf' }] },
    ]);
  });
});

test.each<[string, Partial<Ereport>]>([
  ['its serial number', { serialNumber: null }],
  ['its part number', { partNumber: null }],
  ['its revision', { body: psu({ kind: 'removed', body: { baseboard_rev: null } }).body }],
])('a controller that does not tell %s is left open in the alert, and the report says so', (_, change) => {
  const fleet = new Fleet(powerShelf);
  const { report } = fleet.hear(at(1), { ...psu({ kind: 'removed' }), ...change });
  expect([...fleet.alerts.values()]).toMatchObject([{ payload: { powerShelf: { baseboard: null } } }]);
  expect(report.cases[0]?.log.map(({ event }) => event)).toContain(
    'the ereport does not say which controller it is from',
  );
});

test('what is neither a removal nor an insertion is none of its business', () => {
  const good = psu({ kind: 'inserted', body: { k: 'hw.pwr.pwr_good.good' } });
  const { document, report } = diagnose(
    inputsWith({ arrived: [{ ...good, class: 'hw.pwr.pwr_good.good' }] }),
    [powerShelf],
  );
  expect(document).toBeNull();
  expect(report.notUnderstood).toMatchObject([{ class: 'hw.pwr.pwr_good.good', because: [] }]);
});
