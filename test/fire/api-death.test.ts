import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { TASK_QUEUE, TEND } from '../../src/model/lifecycle.ts';
import { countRows } from '../support/commit.ts';
import { aSitrep, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import type { ApiOrder } from './processes/api-process.ts';
import { lifecycleState } from './processes/end-state.ts';
import { apiProcess } from './processes/mortal-process.ts';
import { World } from './processes/world.ts';

// The API is killed after it has laid a document down, and before Temporal hears of it: the one place where a
// submission is known to nobody.

let world: World;
beforeEach(async () => {
  world = await World.open(inject('workflowBundle'));
  await world.startSurvivor();
});
afterEach(async () => {
  await checkInvariants(world.db.pool);
  await world.close();
});

async function api(order: ApiOrder) {
  const process = world.keep(apiProcess(world.env));
  const { url } = await process.begin(order);
  const submit = (sent: Sent) =>
    fetch(`${url}/v1/sitreps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    });
  return { process, submit };
}

async function submitToOneThatDies(sent: Sent): Promise<void> {
  const dying = await api({ killedAfter: 'INSERT INTO sitrep_submission' });
  await expect(dying.submit(sent)).rejects.toThrow('fetch failed');
  expect(await dying.process.ended).toBe('SIGKILL');
  expect(await countRows(world.db.pool, 'sitrep_submission')).toBe(1);
  expect(await lifecycleState(world.temporal.client, sent.id)).toBe('none');
}

test('[I28] the same document, submitted again, goes through, as if nothing had been', async () => {
  const sent = aSitrep();
  await submitToOneThatDies(sent);
  const { submit } = await api({ killedAfter: null });
  const answer = await submit(sent);
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 201,
    body: { id: sent.id, state: 'current', version: 1 },
  });
  expect(await countRows(world.db.pool, 'sitrep_submission')).toBe(0);
  await expect.poll(() => countRows(world.db.pool, 'alert')).toBe(1);
});

test('[I29] what nobody submits again is removed by tend after an hour, and not before', async () => {
  await submitToOneThatDies(aSitrep());
  const waiting = () => countRows(world.db.pool, 'sitrep_submission');
  await tend();
  expect(await waiting()).toBe(1);
  await world.db.pool.query(`UPDATE sitrep_submission SET time_submitted = now() - interval '61 minutes'`);
  await tend();
  expect(await waiting()).toBe(0);
});

async function tend(): Promise<void> {
  await world.temporal.client.workflow.execute(TEND, {
    workflowId: TEND,
    taskQueue: TASK_QUEUE,
    args: [{ dryRun: false }],
  });
}
