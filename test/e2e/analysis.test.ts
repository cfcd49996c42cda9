import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlertView, SitrepView } from '../../src/model/views.ts';
import { Hook } from '../support/hook.ts';
import { command, dataFolder, discard, type LocalStack, startLocalStack } from './local-stack.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const WAITING = { timeout: 30_000 };

let folder: string;
let stack: LocalStack;
let hook: Hook;
beforeAll(async () => {
  folder = await dataFolder();
  stack = await startLocalStack(folder, { SITREP_ENGINES: example('engines/rack-door.ts') });
  hook = await Hook.start();
}, 300_000);
afterAll(async () => {
  stack?.process.kill('SIGTERM');
  await stack?.ended;
  await hook?.stop();
  await discard(folder);
});

const sitrep = (args: string[], stdin = '') =>
  command(args, { url: stack.url, dataDir: stack.dataDir, stdin });
async function read<View>(...args: string[]): Promise<View> {
  const { code, out, err } = await sitrep([...args, '-o', 'json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

// One story: each test goes on where the one before it ended.
test('an ereport leads to a current sitrep, an alert and a delivered webhook, with nothing else typed', async () => {
  expect(await sitrep(['receivers', 'add', 'hook', hook.url, '--subscribe', '**'])).toMatchObject({
    code: 0,
  });
  const { out } = await sitrep(['ereports', 'submit', example('ereports/psu-remove.json')]);
  expect(out).toBe('1 ereport new, 0 known already.\n');
  await expect.poll(() => hook.received.length, WAITING).toBe(1);
  const { items } = await read<{ items: AlertView[] }>('alerts', 'list');
  expect(items).toMatchObject([{ id: hook.ids[0], class: 'hardware.power_shelf.psu.remove' }]);
  const current = await read<SitrepView>('current');
  expect(current).toMatchObject({ version: 1, creator: 'diagnosis', cases: [{ engine: 'power_shelf' }] });
});

test('a second one closes its case, which is dropped once its alert was made', async () => {
  await sitrep(['ereports', 'submit', example('ereports/psu-insert.json')]);
  await expect.poll(() => hook.received.length, WAITING).toBe(2);
  await expect.poll(async () => (await read<SitrepView>('current')).cases, WAITING).toEqual([]);
});

test('an engine of ones own does the same for what it reads, with an alert class of its own', async () => {
  const door = {
    restartId: '0191e2d0-0000-7000-8000-00000000d007',
    ena: '1',
    reporter: { type: 'source', source: 'doors' },
    class: 'door.opened',
    timeCollected: new Date(Date.now() - 3_600_000).toISOString(),
    body: { door: 'rack 7 front' },
  };
  await sitrep(['ereports', 'submit', '-'], JSON.stringify(door));
  await expect.poll(() => hook.received.length, WAITING).toBe(3);
  const { items } = await read<{ items: AlertView[] }>('alerts', 'list');
  expect(items[0]).toMatchObject({ class: 'example.door.left_open', payload: { door: 'rack 7 front' } });
  // What is current, read and sent back as a child, is accepted: the class is known wherever requests are checked.
  const current = await read<SitrepView>('current');
  const child = JSON.stringify({ ...current, comment: 'looked at' });
  expect(await sitrep(['submit', '--as-child', '-'], child)).toMatchObject({ code: 0 });
});
