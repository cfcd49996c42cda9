import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { powerShelf } from '../../src/diagnosis/engines/power-shelf.ts';
import { thresholdEngine } from '../../src/diagnosis/engines/threshold.ts';
import { type Ereport, ereportKey, inOrder } from '../../src/diagnosis/ereport.ts';
import type { AnalysisInputs } from '../../src/diagnosis/inputs.ts';
import type { CaseDocument } from '../../src/model/sitrep.ts';
import { ThresholdRule } from '../../src/model/threshold-rule.ts';
import { anError, at, type PsuStory, psu } from './ereports.ts';
import { Fleet } from './fleet.ts';

const T = 60;
const RULE = {
  name: 'disk_errors',
  class: 'disk.**',
  thing: ['/body/disk'],
  count: 3,
  withinSeconds: T,
  closeAfterSeconds: 300,
};
const threshold = (change: object = {}) => thresholdEngine(ThresholdRule.parse({ ...RULE, ...change }));

const psuEreport = fc
  .record({
    kind: fc.constantFrom<PsuStory['kind'][]>('removed', 'inserted'),
    restart: fc.integer({ min: 1, max: 2 }),
    nth: fc.integer({ min: 1, max: 40 }),
    slot: fc.integer({ min: 3, max: 6 }),
  })
  .map(psu);
const diskError = fc
  .record({ seconds: fc.integer({ min: 0, max: 900 }), disk: fc.constantFrom('d0', 'd1', null) })
  .map(({ seconds, disk }) => anError(seconds, { body: { disk } }));
const odd = fc
  .record({
    class: fc.constantFrom(null, 'hw.pwr.good', 'hw.remove.psu'),
    body: fc.dictionary(fc.string(), fc.jsonValue()),
  })
  .map(({ body, ...rest }) => anError(-1, { ...rest, body }));
/** Many ereports, each under a name of its own. */
const ereports = fc
  .array(fc.oneof(psuEreport, diskError, odd), { maxLength: 30 })
  .map((list) => inOrder(list));

/** What happens to a fleet: some ereports come, and perhaps the rendezvous is slower than the next analysis. */
const history = fc.array(fc.record({ arrive: ereports, isMet: fc.boolean() }), { maxLength: 8 });

/** Lives through a history, and looks at each sitrep beside the inputs that it was made from. */
function live(
  steps: { arrive: Ereport[]; isMet: boolean }[],
  look: (inputs: AnalysisInputs, cases: CaseDocument[]) => void = () => {},
): Fleet {
  const fleet = new Fleet(powerShelf, threshold());
  for (const [index, { arrive, isMet }] of steps.entries()) {
    const time = at(index * 120);
    fleet.report(...arrive);
    const inputs = fleet.inputs(time);
    fleet.analyze(time);
    look(inputs, fleet.cases);
    if (isMet) fleet.rendezvous();
  }
  return fleet;
}

/** The inputs of an analysis after such a history. */
const someInputs = fc.tuple(history, ereports).map(([before, arrive]) => {
  const fleet = live(before);
  fleet.report(...arrive);
  return { inputs: fleet.inputs(at(3_600)), engines: fleet.engines };
});

describe('one analysis', () => {
  test('comes to the same, in every byte, when it is run again', () => {
    fc.assert(
      fc.property(someInputs, ({ inputs, engines }) => {
        const first = JSON.stringify(diagnose(structuredClone(inputs), engines));
        expect(JSON.stringify(diagnose(inputs, engines))).toBe(first);
      }),
    );
  });

  test('comes to the same in whatever order, and however often, it is given its inputs', () => {
    fc.assert(
      fc.property(someInputs, fc.infiniteStream(fc.nat(1_000)), ({ inputs, engines }, places) => {
        function shuffled<Item>(list: readonly Item[]): Item[] {
          return [...list, ...list.slice(0, 3)]
            .map((item) => ({ item, place: places.next().value }))
            .sort((a, b) => a.place - b.place)
            .map(({ item }) => item);
        }
        const other: AnalysisInputs = {
          ...inputs,
          arrived: shuffled(inputs.arrived),
          assigned: shuffled(inputs.assigned),
          unmarked: shuffled(inputs.unmarked),
          metRequests: shuffled(inputs.metRequests),
        };
        expect(diagnose(other, engines)).toEqual(diagnose(inputs, engines));
      }),
    );
  });
});

describe('from sitrep to sitrep', () => {
  // That each is a child that the service accepts, with nothing carried changed and nothing reopened, `Fleet` checks.
  test('open cases are carried, and closed ones while anything of theirs is outstanding', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, ({ parent, unmarked, metRequests }, cases) => {
          const there = new Set(cases.map(({ id }) => id));
          const pending = new Set(unmarked.map(ereportKey));
          for (const { id, closed, ereports, alertRequests } of parent?.cases ?? []) {
            const isDone =
              ereports.every((one) => !pending.has(ereportKey(one))) &&
              alertRequests.every((one) => metRequests.includes(one.id));
            expect(there.has(id)).toBe(!(closed && isDone));
          }
        });
      }),
    );
  });

  test('each unit that came or went has one alert, however the ereports were spread over the sitreps', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const fleet = live(steps);
        const legible = fleet.ereports.filter(
          ({ reporter, body }) => reporter.type === 'sp' && Number(body.slot) < 6,
        );
        const alerts = fleet.alertClasses().filter((name) => name.startsWith('hardware.'));
        expect(alerts).toHaveLength(legible.length);
      }),
    );
  });

  test('every ereport ends in a case or is set aside with a reason; none is read twice for nothing', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const fleet = live(steps);
        fleet.hear(at(7_200));
        expect(fleet.analyze(at(7_200)).report.inputs.newEreports).toEqual([]);
      }),
    );
  });
});

test('a unit is missing when the last that its shelf said is that it went, however that came in', () => {
  const story = fc.array(
    fc.record({
      kind: fc.constantFrom<PsuStory['kind'][]>('removed', 'inserted'),
      slot: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(
      story,
      fc.infiniteStream(fc.nat(3)),
      fc.infiniteStream(fc.boolean()),
      (events, sizes, isMet) => {
        const fleet = new Fleet(powerShelf);
        const told = events.map((event, index) => psu({ ...event, nth: index + 1 }));
        for (const [time, sent] of batches(told, sizes).entries()) {
          fleet.report(...sent.toReversed());
          fleet.analyze(at(time));
          if (isMet.next().value) fleet.rendezvous();
        }
        const last = new Map(events.map(({ slot, kind }) => [slot, kind]));
        const missing = [...last].filter(([, kind]) => kind === 'removed').map(([slot]) => `PSU ${slot}`);
        expect(fleet.openCases.map(({ comment }) => comment.slice(0, 5)).sort()).toEqual(missing.sort());
      },
    ),
  );
});

/** In their order, some at a time. */
function batches<Item>(items: readonly Item[], sizes: Iterator<number>): Item[][] {
  const all: Item[][] = [];
  for (let from = 0; from < items.length; ) {
    const size: number = sizes.next().value;
    all.push(items.slice(from, from + size));
    from += size;
  }
  return all;
}

test('a threshold is found to be met exactly where it is, though ereports come up to T late and in any order', () => {
  const event = fc.record({
    seconds: fc.integer({ min: 0, max: 600 }),
    delay: fc.integer({ min: 0, max: T }),
  });
  const storm = fc.uniqueArray(event, { maxLength: 9, selector: ({ seconds }) => seconds });
  fc.assert(
    fc.property(storm, fc.infiniteStream(fc.boolean()), (events, isMet) => {
      const fleet = new Fleet(threshold({ closeAfterSeconds: 3_600 }));
      const arrivals = Map.groupBy(events, ({ seconds, delay }) => seconds + delay);
      for (const [now, arrived] of [...arrivals].sort(([a], [b]) => a - b)) {
        fleet.report(...arrived.map(({ seconds }) => anError(seconds)));
        fleet.analyze(at(now));
        if (isMet.next().value) fleet.rendezvous();
      }
      const isMetSomewhere = events.some(
        ({ seconds: start }) =>
          events.filter(({ seconds }) => seconds >= start && seconds <= start + T).length >= RULE.count,
      );
      expect(fleet.alerts.size).toBe(isMetSomewhere ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});
