import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { alertClass } from '../../src/model/alert-class.ts';
import { Configuration } from '../../src/model/configuration.ts';
import { newRequestFaults } from '../../src/model/new-request-faults.ts';
import { enginePathsOf, readSettings } from '../../src/model/settings.ts';
import { SubscriptionPattern } from '../../src/model/subscription.ts';
import { CONNECT_TIMEOUT } from '../../src/webhook/sender.ts';
import { loadEngines, TOGETHER_MS } from '../../src/worker/engines.ts';
import { ACTIVITY } from '../../src/workflows/activity-options.ts';
import { anError, at } from '../diagnosis/ereports.ts';
import { aCase, aRequest, aSitrep, submissionOf } from '../support/document.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const RACK_DOOR = path('../../examples/engines/rack-door.ts');
const LEFT_OPEN = 'example.door.left_open';

const PAYLOAD = { door: 'rack 7 front', openedAt: '2026-11-20T12:00:00Z', minutes: 12 };
const faultsOfAsking = (payload: object) => {
  const alertRequests = [aRequest({ class: LEFT_OPEN, payload } as never)];
  const { document } = submissionOf(aSitrep({ cases: [aCase({ alertRequests })] }));
  return newRequestFaults(document.cases, () => false);
};

test('the paths are those of the setting, between commas', () => {
  expect(enginePathsOf(readSettings({}))).toEqual([]);
  expect(enginePathsOf(readSettings({ SITREP_ENGINES: './a.ts, /b/c.js,' }))).toEqual(['./a.ts', '/b/c.js']);
});

test.each([
  ['no-such.ts', /^The engine module .*no-such\.ts cannot be loaded: /],
  ['engines/throwing.ts', /throwing\.ts cannot be loaded: it wants a database$/],
  ['engines/no-function.ts', /no-function\.ts is not usable: its default export must be a function/],
  ['engines/nameless.ts', /nameless\.ts is not usable: \/name is required/],
  ['engines/async.ts', /async\.ts is not usable: \/analyze must be synchronous/],
  ['engines/power-shelf.ts', /^An engine named power_shelf is Sitrep's own\.$/],
  ['engines/a-rule.ts', /^An engine named threshold\.fans is Sitrep's own\.$/],
])('%s is refused, and named', async (module, says) => {
  await expect(loadEngines([path(module)])).rejects.toThrow(says);
});

test('two of one name are refused', async () => {
  await expect(loadEngines([RACK_DOOR, RACK_DOOR])).rejects.toThrow('Two engines have the name rack_door.');
});

test('what engines bring along is known wherever classes are asked for, once they are loaded', async () => {
  const rule = { name: 'doors', class: 'door.*', count: 1, withinSeconds: 1, alertClass: LEFT_OPEN };
  const says = () => ({
    submission: faultsOfAsking(PAYLOAD).length === 0,
    subscription: SubscriptionPattern.safeParse(LEFT_OPEN).success,
    rule: Configuration.safeParse({ thresholdRules: [rule] }).error?.issues[0]?.message,
  });
  expect(says()).toEqual({ submission: false, subscription: false, rule: 'is not a known alert class' });
  const [engine] = await loadEngines([relative(process.cwd(), RACK_DOOR)]);
  expect(engine).toMatchObject({ name: 'rack_door', settings: { alertAfterMinutes: 10 } });
  expect(alertClass(LEFT_OPEN)?.description).toBe('The door of a rack was left open.');
  expect(says()).toEqual({
    submission: true,
    subscription: true,
    rule: 'is a class that does not take what a threshold rule has to say',
  });
  expect(faultsOfAsking({ ...PAYLOAD, minutes: 'many' })).toMatchObject([
    { pointer: '/cases/0/alertRequests/0/payload/minutes' },
  ]);
});

test('they can be loaded again in one process, as the local stack does for worker and API', async () => {
  expect(await loadEngines([RACK_DOOR])).toHaveLength(1);
  expect(await loadEngines([RACK_DOOR])).toHaveLength(1);
});

test('while they run, no delivery times out and no activity is taken for dead', () => {
  expect(ACTIVITY.heartbeatTimeout).toBe('10s');
  expect(TOGETHER_MS).toBeLessThanOrEqual(Math.min(CONNECT_TIMEOUT, 10_000) / 2);
});

test('one that comes to no end is cut off after its share of the time, and the others go on', async () => {
  const engines = await loadEngines([path('engines/endless.ts'), RACK_DOOR, path('engines/waiting.ts')], 600);
  const opened = anError(0, { class: 'door.opened', body: { door: 'rack 7 front' } });
  const nothing = { parent: null, assigned: [], unmarked: [], metRequests: [], restarts: [] };
  const { document, report } = diagnose({ ...nothing, time: at(0), arrived: [opened] }, engines);
  expect(document?.cases).toMatchObject([{ engine: 'rack_door' }]);
  expect(report.engines).toMatchObject([
    {
      name: 'endless',
      error: expect.stringMatching(/^Error: analyze was cut off: it took longer than 0\.2 s\./),
    },
    { name: 'rack_door', error: null },
    { name: 'waiting', error: expect.stringContaining('analyze returned a promise') },
  ]);
  expect(document?.cases[0]?.ereports).toHaveLength(1);
});
