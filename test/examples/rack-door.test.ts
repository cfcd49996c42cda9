import { expect, test } from 'vitest';
import { engineOf } from '../../src/diagnosis/engine-module.ts';
import { anError, at } from '../diagnosis/ereports.ts';
import { Fleet } from '../diagnosis/fleet.ts';

// Loaded as the configuration does it: by the path of a module, which nothing in src knows.
const PATH = '../../examples/engines/rack-door.ts';
const engineWith = async (settings: { alertAfterMinutes: number }) =>
  engineOf(PATH, await import(PATH), settings);

const minutes = (n: number) => n * 60;
const door = (what: 'opened' | 'shut', after: number, name = 'rack 7 front') =>
  anError(minutes(after), { class: `door.${what}`, body: { door: name } });

test('a door that is shut in time is a case that comes and goes', async () => {
  const fleet = new Fleet(await engineWith({ alertAfterMinutes: 10 }));
  fleet.hear(at(minutes(0)), door('opened', 0));
  expect(fleet.openCases).toMatchObject([{ comment: 'The door rack 7 front is open.' }]);
  fleet.hear(at(minutes(9)), door('shut', 9));
  expect(fleet.openCases).toEqual([]);
  expect(fleet.alerts.size).toBe(0);
});

test('a door that is left open is worth one alert, without anything being reported', async () => {
  const fleet = new Fleet(await engineWith({ alertAfterMinutes: 10 }));
  fleet.hear(at(minutes(0)), door('opened', 0));
  fleet.hear(at(minutes(9)));
  expect(fleet.alerts.size).toBe(0);
  fleet.hear(at(minutes(12)));
  fleet.hear(at(minutes(20)));
  expect([...fleet.alerts.values()]).toMatchObject([
    {
      class: 'example.door.left_open',
      payload: { door: 'rack 7 front', openedAt: at(0), minutes: 12 },
    },
  ]);
});

test('a door is a case of its own', async () => {
  const fleet = new Fleet(await engineWith({ alertAfterMinutes: 1 }));
  fleet.hear(at(0), door('opened', 0), door('opened', 0.1, 'rack 8 back'));
  fleet.hear(at(minutes(2)), door('shut', 1, 'rack 8 back'));
  expect(fleet.openCases).toMatchObject([{ comment: 'The door rack 7 front was left open.' }]);
});

test('shutting what nobody saw open needs no case', async () => {
  const fleet = new Fleet(await engineWith({ alertAfterMinutes: 10 }));
  const { document, report } = fleet.hear(at(0), door('shut', 0));
  expect(document).toBeNull();
  expect(report.ignored).toMatchObject([{ because: [{ engine: 'rack_door' }] }]);
});

test('settings that are none are refused when the engine is loaded', async () => {
  await expect(engineWith({ alertAfterMinutes: 0 })).rejects.toThrow(
    'is not usable: its default export threw',
  );
});
