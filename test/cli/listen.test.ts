import type { ChildProcess } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { type Listening, startListening } from '../e2e/listening.ts';
import { command, startCommand, until } from '../e2e/local-stack.ts';
import { type Answer, hangUp, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { deliver, MESSAGE, SECRET } from './signed.ts';
import { idOf, receiverView } from './views.ts';

let api: ScriptedApi;
/** However a test ends, nothing goes on listening. */
let running: { process: ChildProcess; ended: Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
  await api.close();
});

/** Makes whatever receiver it is asked for. */
const made: Answer = (received, ...rest) => {
  json(201, { ...receiverView(), ...(received.body as object), secret: SECRET })(received, ...rest);
};
const removed: Answer = (_, __, response) => response.writeHead(204).end();

async function listen(script: Answer[], ...args: string[]): Promise<Listening> {
  api = await scriptedApi(...script);
  const listening = await startListening(api, ...args);
  running.push(listening);
  return listening;
}

/** The same, with all that it prints. */
async function watch(...args: string[]) {
  api = await scriptedApi(made, removed);
  const { child, captured, ended } = startCommand(['listen', ...args], { url: api.url });
  running.push({ process: child, ended });
  await until('it listens', () => captured.err.includes('Ctrl-C stops it.'), 60_000);
  return { child, captured, ended, endpoint: /Listening at (\S+)/.exec(captured.err)?.[1] ?? '' };
}

test('it makes a receiver for itself, under a name of its own, and removes that one when it is stopped', async () => {
  const { name, endpoint, process, ended } = await listen([made, removed], '--subscribe', 'test.*');
  expect(name).toMatch(/^listen-[0-9a-f]{12}$/);
  expect(api.received[0]?.body).toMatchObject({ name, endpoint, subscriptions: ['test.*'] });
  process.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  expect(api.received.slice(1)).toMatchObject([{ method: 'DELETE', path: `/v1/receivers/${idOf(300)}` }]);
}, 60_000);

test('stopped while the API is away, it ends, and says what is left and how to remove it', async () => {
  const { name, process, ended } = await listen([made, hangUp]);
  process.kill('SIGINT');
  const { code, err } = await ended;
  expect(code).toBe(1);
  const complaint = JSON.parse(err.slice(err.indexOf('{')));
  expect(complaint.title).toBe(`The receiver ${name} could not be removed, and is still there`);
  expect(complaint.detail).toMatch(/broke the connection off/);
}, 60_000);

test('a receiver that somebody else removed is no reason to complain', async () => {
  const { process, ended } = await listen([made, problem('not-found', 'There is no receiver.')]);
  process.kill('SIGINT');
  expect((await ended).code).toBe(0);
}, 60_000);

test('in words, each delivery is a line; a wrong signature is said, and a repeat', async () => {
  const { child, captured, ended, endpoint } = await watch('--payload');
  await deliver(endpoint);
  await deliver(endpoint, { message: { type: 'forged' }, secret: SECRET.replace(/.{5}$/, 'AAAA=') });
  await deliver(endpoint);
  await until('all are printed', () => /repeated/.test(captured.out));
  child.kill('SIGINT');
  const { code, out } = await ended;
  expect(code).toBe(0);
  expect(out).toMatch(/ UTC {2}verified {2}01a1f801-\S+ {2}hardware\.power_shelf\.psu\.remove v0\n {2}\{\n/);
  expect(out).toContain(`refused   ${MESSAGE.alertId}  No matching signature found\n`);
  expect(out).not.toContain('forged');
}, 60_000);

test('it ends when nobody reads it any more', async () => {
  const { child, ended, endpoint } = await watch('-o', 'json');
  child.stdout.destroy();
  await deliver(endpoint);
  await ended;
  expect(api.received.at(-1)).toMatchObject({ method: 'DELETE' });
}, 60_000);

test('it says so when its port is taken, or the API may not send to this machine', async () => {
  const { endpoint } = await listen([made]);
  const taken = await command(['listen', '--port', new URL(endpoint).port], { url: api.url });
  expect(taken).toMatchObject({ code: 1, err: expect.stringMatching(/Port \d+ is taken; leave --port out/) });
  const faults = [
    { pointer: '/endpoint', detail: 'leads to 127.0.0.1, which deliveries may not be sent to' },
  ];
  const strict = await scriptedApi(problem('invalid-body', 'One thing is wrong.', { faults }));
  const refused = await command(['listen'], { url: strict.url });
  await strict.close();
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/SITREP_WEBHOOK_ALLOW=127\.0\.0\.0\/8/),
  });
}, 60_000);
