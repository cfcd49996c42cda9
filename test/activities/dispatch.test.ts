import { WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dispatch } from '../../src/activities/dispatch.ts';
import { createActivities } from '../../src/activities/index.ts';
import { receiverWorkflowId } from '../../src/model/receiver-workflow.ts';
import { readSettings } from '../../src/model/settings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import { dispatchAll, makeAlerts, makeReceiver } from '../support/receivers.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

let db: TestDatabase;
let temporal: TestTemporal;
beforeEach(async () => {
  db = await createDatabase();
  temporal = await connectTemporal({ searchAttributes: false });
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await temporal.close();
  await db.drop();
});

const dispatchAs = (attempt: number) =>
  new MockActivityEnvironment({ attempt }).run(() => dispatch(db.pool, temporal.client));

/** No worker is there, so a receiver that was woken has its workflow waiting with the signal. */
async function isWoken(receiver: string): Promise<boolean> {
  try {
    await temporal.client.workflow.getHandle(receiverWorkflowId(receiver)).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

describe('a dispatch', () => {
  let told: string;
  let slept: string;
  beforeEach(async () => {
    slept = await makeReceiver(db.pool, { subscriptions: ['test.**'] });
    told = await makeReceiver(db.pool, { subscriptions: ['hardware.**'] });
    // As if whoever dispatched these had gone away before it woke anybody.
    await makeAlerts(db.pool, 1);
    await dispatchAll(db.pool);
    await makeAlerts(db.pool, 1, 'hardware.fan');
  });

  test('wakes the receivers of what it dispatches', async () => {
    await dispatchAs(1);
    expect([await isWoken(told), await isWoken(slept)]).toEqual([true, false]);
  });

  test('that is a retry wakes those as well that the attempt before it did not get to', async () => {
    await dispatchAs(2);
    expect([await isWoken(told), await isWoken(slept)]).toEqual([true, true]);
  });

  test('of tend that is a retry does so, too, where the attempt before it left nothing to dispatch', async () => {
    await dispatchAll(db.pool);
    const activities = createActivities({
      pool: db.pool,
      client: temporal.client,
      settings: readSettings({}),
    });
    const tell = (attempt: number) =>
      new MockActivityEnvironment({ attempt }).run(() =>
        activities.tellReceivers(false, { count: 0, ids: [] }),
      );
    await tell(1);
    expect([await isWoken(told), await isWoken(slept)]).toEqual([false, false]);
    await tell(2);
    expect([await isWoken(told), await isWoken(slept)]).toEqual([true, true]);
  });

  test('that has nothing to do wakes nobody', async () => {
    await db.pool.query('DELETE FROM alert WHERE time_dispatched IS NULL');
    await dispatchAs(1);
    expect([await isWoken(told), await isWoken(slept)]).toEqual([false, false]);
  });
});
