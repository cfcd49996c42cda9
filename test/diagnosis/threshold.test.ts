import { describe, expect, test } from 'vitest';
import { thresholdEngine } from '../../src/diagnosis/engines/threshold.ts';
import type { Ereport } from '../../src/diagnosis/ereport.ts';
import { ThresholdRule } from '../../src/model/threshold-rule.ts';
import { idOf } from '../cli/views.ts';
import { anError, at } from './ereports.ts';
import { Fleet } from './fleet.ts';

const RULE = {
  name: 'disk_errors',
  class: 'disk.**',
  thing: ['/reporter/source', '/body/disk'],
  count: 3,
  withinSeconds: 60,
  closeAfterSeconds: 600,
};
const ruleWith = (change: object = {}) => ThresholdRule.parse({ ...RULE, ...change });
const fleetWith = (change: object = {}) => new Fleet(thresholdEngine(ruleWith(change)));
const ofDisk = (disk: unknown, seconds: number) => anError(seconds, { body: { disk } });

describe('below the threshold', () => {
  test('there is a case that counts, and no alert', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0));
    fleet.hear(at(10), anError(10));
    expect(fleet.soleCase).toMatchObject({ engine: 'threshold.disk_errors', closed: false });
    expect(fleet.soleCase.comment).toBe(
      'disk_errors: 2 of 3 ereports within 60 s from /reporter/source disks, /body/disk d0',
    );
    expect(fleet.alerts.size).toBe(0);
  });

  test('ereports too far apart never add up, however many', () => {
    const fleet = fleetWith();
    for (let seconds = 0; seconds < 3_000; seconds += 31) fleet.hear(at(seconds), anError(seconds));
    expect(fleet.alerts.size).toBe(0);
    expect(fleet.openCases).toHaveLength(1);
    expect(fleet.openCases[0]?.ereports.length).toBeLessThan(8);
  });

  test('the case closes when what is in it can no longer matter, and not before', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0));
    fleet.hear(at(120));
    expect(fleet.openCases).toHaveLength(1);
    fleet.hear(at(121));
    expect(fleet.openCases).toHaveLength(0);
    fleet.hear(at(122));
    expect(fleet.cases).toEqual([]);
  });

  test('one that comes late counts by its time, not by that of its arrival', () => {
    const fleet = fleetWith();
    fleet.hear(at(50), anError(50));
    fleet.hear(at(90), anError(90));
    fleet.hear(at(100), anError(40));
    expect(fleet.alerts.size).toBe(1);
  });
});

describe('one that comes up to T late', () => {
  test('finds those that it belongs to, though others came since', () => {
    const fleet = fleetWith();
    fleet.hear(at(1), anError(0), anError(1));
    fleet.hear(at(117), anError(117));
    fleet.hear(at(118), anError(58));
    expect(fleet.alerts.size).toBe(1);
  });

  test('finds those that it belongs to, though nothing was heard for long', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0));
    fleet.hear(at(110));
    fleet.hear(at(119), anError(59), anError(60));
    expect(fleet.alerts.size).toBe(1);
  });

  test('makes no window of what is too far apart, whichever restarts it is from', () => {
    const fleet = fleetWith();
    fleet.hear(at(136), anError(135, { restartId: idOf(1) }), anError(70), anError(76));
    expect(fleet.alerts.size).toBe(0);
  });
});

test('one whose time lies ahead hides none of those that come after it', () => {
  const fleet = fleetWith();
  fleet.hear(at(0), anError(1_000_000));
  for (const seconds of [200, 210, 220]) fleet.hear(at(seconds), anError(seconds));
  expect(fleet.alerts.size).toBe(1);
});

describe('at the threshold', () => {
  test('an alert is asked for that says what it was, how many, and since when', () => {
    const fleet = fleetWith({ severity: 'critical' });
    fleet.hear(at(30), anError(0), anError(10), anError(20));
    expect([...fleet.alerts.values()]).toMatchObject([
      {
        class: 'threshold.exceeded',
        version: 0,
        payload: {
          rule: 'disk_errors',
          severity: 'critical',
          thing: [
            { field: '/reporter/source', value: 'disks' },
            { field: '/body/disk', value: 'd0' },
          ],
          ereportClass: 'disk.**',
          count: 3,
          withinSeconds: 60,
          firstTime: at(0),
          lastTime: at(20),
        },
      },
    ]);
  });

  test('also when the ereports came in one sitrep each', () => {
    const fleet = fleetWith();
    for (const seconds of [0, 30, 60]) fleet.hear(at(seconds), anError(seconds));
    expect(fleet.alerts.size).toBe(1);
    expect(fleet.soleCase.ereports).toHaveLength(3);
  });

  test('it is asked for once, whatever comes after', () => {
    const fleet = fleetWith();
    for (let seconds = 0; seconds < 600; seconds += 5) fleet.hear(at(seconds), anError(seconds));
    expect(fleet.alerts.size).toBe(1);
    expect(fleet.openCases).toHaveLength(1);
  });

  test('it is asked for once, also when the rule is changed meanwhile', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0), anError(1), anError(2));
    fleet.engines = [thresholdEngine(ruleWith({ count: 2, alertClass: 'test.foo' }))];
    fleet.hear(at(5), anError(3));
    expect(fleet.alertClasses()).toEqual(['threshold.exceeded']);
  });

  test('a case that goes on keeps what it was opened for and what came last, and grows no more', () => {
    const fleet = fleetWith();
    for (let seconds = 0; seconds < 600; seconds += 5) fleet.hear(at(seconds), anError(seconds));
    const kept = fleet.soleCase.ereports.map(({ ena }) => ena);
    expect(kept).toEqual(expect.arrayContaining([0, 5, 10, 595].map((seconds) => anError(seconds).ena)));
    expect(kept.length).toBeLessThan(8);
  });

  test('a case that came all at once is made as small by the next sitrep, whatever that is about', () => {
    const fleet = fleetWith();
    const burst = Array.from({ length: 20 }, (_, seconds) => anError(seconds));
    fleet.hear(at(20), ...burst);
    expect(fleet.soleCase.ereports).toHaveLength(20);
    expect(fleet.hear(at(30)).document, 'there is no sitrep only for that').toBeNull();
    fleet.hear(at(40), ofDisk('d1', 40));
    const kept = fleet.cases.find(({ alertRequests }) => alertRequests.length > 0)?.ereports;
    expect(kept?.map(({ ena }) => ena)).toEqual([0, 1, 2, 19].map((seconds) => anError(seconds).ena));
  });

  test('the case stays open until it has been quiet, and then the count begins anew', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0), anError(1), anError(2));
    fleet.hear(at(602));
    expect(fleet.openCases).toHaveLength(1);
    fleet.hear(at(603));
    expect(fleet.openCases).toHaveLength(0);
    fleet.hear(at(610), anError(610), anError(611));
    expect(fleet.alerts.size).toBe(1);
    fleet.hear(at(620), anError(612));
    expect(fleet.alerts.size).toBe(2);
  });

  test('an old storm that is only heard of now has its alert, and a case that is closed at once', () => {
    const fleet = fleetWith();
    fleet.hear(at(9_000), anError(0), anError(1), anError(2));
    expect(fleet.soleCase.closed).toBe(true);
    expect(fleet.alerts.size).toBe(1);
  });

  test('nothing is committed while nothing happens', () => {
    const fleet = fleetWith();
    fleet.hear(at(0), anError(0), anError(1), anError(2));
    expect(fleet.hear(at(300)).document).toBeNull();
    expect(fleet.hear(at(500)).document).toBeNull();
  });
});

describe('a thing', () => {
  test('has a count of its own', () => {
    const fleet = fleetWith();
    fleet.hear(at(9), ofDisk('d0', 0), ofDisk('d1', 1), ofDisk('d0', 2), ofDisk('d1', 3));
    expect(fleet.alerts.size).toBe(0);
    fleet.hear(at(9), ofDisk('d1', 4));
    expect([...fleet.alerts.values()]).toMatchObject([
      { payload: { thing: [{ value: 'disks' }, { value: 'd1' }] } },
    ]);
    expect(fleet.openCases).toHaveLength(2);
  });

  test('is not another whose value only looks the same', () => {
    const fleet = fleetWith({ count: 2 });
    fleet.hear(at(9), ofDisk('1', 0), ofDisk(1, 1));
    expect(fleet.alerts.size).toBe(0);
  });

  test('is everything, where the rule names no fields', () => {
    const fleet = fleetWith({ thing: [] });
    fleet.hear(at(9), ofDisk('d0', 0), ofDisk('d1', 1), ofDisk('d2', 2));
    expect(fleet.alerts.size).toBe(1);
  });

  test('may be told by serial number', () => {
    const fleet = fleetWith({ thing: ['/serialNumber'], count: 1 });
    fleet.hear(at(9), anError(0, { serialNumber: 'S1' }), anError(1, { serialNumber: 'S2' }));
    expect(fleet.alerts.size).toBe(2);
  });

  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is an object', { name: 'd0' }],
    ['is a text too long for anyone to read', 'd'.repeat(201)],
  ])('whose field %s is not understood', (_, disk) => {
    const fleet = fleetWith();
    const { document, report } = fleet.hear(at(9), ofDisk(disk, 0));
    expect(document).toBeNull();
    expect(report.notUnderstood).toMatchObject([{ because: [{ engine: 'threshold.disk_errors' }] }]);
  });
});

test('classes that the rule does not name do not count', () => {
  const fleet = fleetWith({ class: 'disk.io.*' });
  const other: Ereport[] = [0, 1, 2].map((seconds) => anError(seconds, { class: 'disk.smart.warning' }));
  fleet.hear(at(9), ...other);
  expect(fleet.cases).toEqual([]);
});

test('two rules count the same ereports, each in a case of its own', () => {
  const fleet = new Fleet(
    thresholdEngine(ruleWith()),
    thresholdEngine(ruleWith({ name: 'any_error', count: 2 })),
  );
  fleet.hear(at(9), anError(0), anError(1));
  expect(fleet.cases.map(({ engine }) => engine).sort()).toEqual([
    'threshold.any_error',
    'threshold.disk_errors',
  ]);
  expect(fleet.alerts.size).toBe(1);
});

test('the alert may be of another class, if that takes what the rule has to say', () => {
  const fleet = fleetWith({ alertClass: 'test.foo' });
  fleet.hear(at(9), anError(0), anError(1), anError(2));
  expect(fleet.alertClasses()).toEqual(['test.foo']);
});

test('a case that nobody can tell the thing of is left as it is', () => {
  const fleet = fleetWith();
  fleet.hear(at(0), anError(0), anError(1), anError(2));
  const parent = fleet.current;
  if (!parent) throw new Error('There is no sitrep.');
  const nameless = { ...parent.cases[0], id: idOf(1), ereports: [], alertRequests: [] };
  fleet.current = {
    ...parent,
    cases: [...parent.cases, { ...nameless, engine: 'threshold.disk_errors', closed: false, comment: '' }],
  };
  const { document, report } = fleet.analyze(at(5));
  expect(document).toBeNull();
  expect(report.cases).toMatchObject([{ id: idOf(1), log: [{ level: 'warning' }] }]);
});
