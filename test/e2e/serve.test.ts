import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { ServedPart } from '../fire/processes/served-part.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { Hook } from '../support/hook.ts';
import { TEST_SECRET_KEY } from '../support/mail.ts';
import { dispatchAll, makeAlerts, makeReceiver } from '../support/receivers.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { until } from './local-stack.ts';

const PATIENCE = 60_000;

let db: TestDatabase;
let temporal: TestTemporal;
beforeAll(async () => {
  db = await createDatabase();
  temporal = await connectTemporal({ searchAttributes: false });
});
afterAll(async () => {
  await temporal.close();
  await db.drop();
});

let hook: Hook;
let worker: ServedPart;
beforeEach(async () => {
  hook = await Hook.start();
  // Whoever it is sent to takes it, and never answers.
  hook.answer = () => {};
  worker = await ServedPart.start('worker', {
    DATABASE_URL: db.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: temporal.namespace,
    SITREP_SECRET_KEY: TEST_SECRET_KEY,
    SITREP_WEBHOOK_ALLOW: '127.0.0.0/8',
    SITREP_WORKER_LISTEN: '127.0.0.1:0',
    SITREP_GRACE_SECONDS: '600',
  });
}, 120_000);
afterEach(async () => {
  await worker.kill();
  await hook.stop();
});

async function ready(): Promise<{ status: number; worker: string }> {
  const reply = await fetch(new URL('/readyz', worker.url));
  const { checks } = (await reply.json()) as { checks: { worker: string } };
  return { status: reply.status, worker: checks.worker };
}

test('a worker that is asked to stop says so while it waits for a receiver; asked again, it ends at once', async () => {
  await expect.poll(ready).toEqual({ status: 200, worker: 'ready' });
  const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
  await makeAlerts(db.pool, 1);
  await dispatchAll(db.pool);
  await wakeReceiver(temporal.client, receiver);
  await expect.poll(() => hook.received.length).toBe(1);
  worker.askToStop();
  await expect.poll(ready).toEqual({ status: 503, worker: 'It is being stopped.' });
  // One that comes at once may be the same: npm hands on what the terminal has sent already.
  const ends = () => {
    worker.askToStop();
    return !worker.isRunning;
  };
  await until('it ends', ends, PATIENCE);
  expect((await worker.ended).code).toBe(1);
}, 120_000);
