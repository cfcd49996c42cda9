import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { deleteAlert } from '../../src/store/alert.ts';
import { listAttempts } from '../../src/store/delivery.ts';
import type { Begun } from '../../src/store/delivery-attempt.ts';
import { beginProbe, endProbe } from '../../src/store/probe.ts';
import { deleteReceiver, disableReceiver, readReceiver, updateReceiver } from '../../src/store/receiver.ts';
import { resendDelivery, resendFailed } from '../../src/store/resend.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  deliveriesIn,
  dispatchAll,
  makeAlerts,
  makeReceiver,
  SendersClock,
  statesIn,
} from '../support/receivers.ts';

let db: TestDatabase;
let clock: SendersClock;
let receiver: string;
let alerts: string[];
/** One delivered, one failed, one skipped and one pending, in this order. */
let deliveries: string[];
beforeEach(async () => {
  db = await createDatabase();
  clock = new SendersClock();
  receiver = await makeReceiver(db.pool);
  await makeAlerts(db.pool, 3);
  await dispatchAll(db.pool);
  const [delivered, failed] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
  await clock.accept(db.pool, receiver, [delivered]);
  await clock.refuse(db.pool, receiver, [failed], null);
  await disableReceiver(db.pool, receiver, 'operator', clock.now);
  await updateReceiver(db.pool, receiver, { enabled: true });
  await makeAlerts(db.pool, 1);
  await dispatchAll(db.pool);
  const rows = await deliveriesIn(db.pool);
  const inState = (state: string) => rows.find((row) => row.state === state);
  const chosen = ['delivered', 'failed', 'skipped', 'pending'].map(inState);
  deliveries = chosen.map((row) => row?.id as string);
  alerts = chosen.map((row) => row?.alert_id as string);
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const LONG_AGO = '2020-01-01T00:00:00Z';

describe('a delivery', () => {
  test.each(['delivered', 'failed', 'skipped'])('that was %s is sent again, by a new one', async (state) => {
    const index = ['delivered', 'failed', 'skipped'].indexOf(state);
    const { ids, receivers } = await resendDelivery(db.pool, deliveries[index] as string);
    expect(receivers).toEqual([receiver]);
    const made = (await deliveriesIn(db.pool)).find(({ id }) => id === ids[0]);
    expect(made).toMatchObject({ trigger: 'resend', state: 'pending', alert_id: alerts[index] });
    expect(await clock.begin(db.pool, receiver)).toContainEqual(
      expect.objectContaining({ deliveryId: ids[0], id: alerts[index], attempt: 1 }),
    );
  });

  test('[I35] is sent again once, however often and by how many at once it is asked for, until it is over', async () => {
    const [delivered] = deliveries as [string];
    const results = await Promise.all(Array.from({ length: 16 }, () => resendDelivery(db.pool, delivered)));
    expect(results.flatMap(({ ids }) => ids)).toHaveLength(1);
    expect((await resendDelivery(db.pool, delivered)).ids).toEqual([]);
    await clock.accept(db.pool, receiver, await clock.begin(db.pool, receiver));
    expect((await resendDelivery(db.pool, delivered)).ids).toHaveLength(1);
  });

  test('that is pending is not sent again', async () => {
    expect(await resendDelivery(db.pool, deliveries[3] as string)).toEqual({ ids: [], receivers: [] });
  });

  test('of an alert that was deleted is not sent again', async () => {
    await deleteAlert(db.pool, alerts[1] as string);
    expect(await resendDelivery(db.pool, deliveries[1] as string)).toEqual({ ids: [], receivers: [] });
  });

  test('of a disabled receiver is not sent again', async () => {
    await disableReceiver(db.pool, receiver, 'operator', clock.now);
    expect(await resendDelivery(db.pool, deliveries[1] as string)).toEqual({ ids: [], receivers: [] });
    expect((await resendFailed(db.pool, receiver, LONG_AGO)).ids).toEqual([]);
  });
});

describe('all that failed', () => {
  const again = (since: string) => resendFailed(db.pool, receiver, since);
  const resentAlerts = async () =>
    (await deliveriesIn(db.pool)).filter(({ trigger }) => trigger === 'resend').map((row) => row.alert_id);

  test('or was skipped is sent again, each once', async () => {
    expect((await again(LONG_AGO)).ids).toHaveLength(2);
    expect((await resentAlerts()).sort()).toEqual(alerts.slice(1, 3).sort());
    expect((await again(LONG_AGO)).ids).toEqual([]);
  });

  test('before the time that is asked about is not', async () => {
    const later = new Date(clock.now.getTime() + 1).toISOString();
    expect((await again(later)).ids).toEqual([]);
    expect((await again(clock.now.toISOString())).ids).toHaveLength(2);
  });

  test('and was delivered after all is not', async () => {
    await resendDelivery(db.pool, deliveries[1] as string);
    await clock.accept(db.pool, receiver, await clock.begin(db.pool, receiver));
    expect((await again(LONG_AGO)).ids).toHaveLength(1);
  });

  test('of another receiver is not', async () => {
    expect((await resendFailed(db.pool, await makeReceiver(db.pool), LONG_AGO)).ids).toEqual([]);
  });
});

describe('[I37] a resend at the moment', () => {
  const failed = () => deliveries[1] as string;

  test('of the deletion of its alert waits, and makes nothing', async () => {
    await holding(db.pool, [`DELETE FROM alert WHERE id = '${alerts[1]}'`], async (client) => {
      const resending = resendDelivery(db.pool, failed());
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect((await resending).ids).toEqual([]);
    });
  });

  test('before the deletion of its alert is skipped by it', async () => {
    await holding(db.pool, [], async (client) => {
      await client.query(`SELECT FROM alert WHERE id = '${alerts[1]}' FOR KEY SHARE`);
      const deleting = deleteAlert(db.pool, alerts[1] as string);
      await untilBlocked(db.pool);
      await client.query(
        `INSERT INTO delivery (id, receiver_id, alert_id, trigger, state, time_due)
         VALUES (gen_random_uuid(), '${receiver}', '${alerts[1]}', 'resend', 'pending', now())`,
      );
      await client.query('COMMIT');
      await deleting;
    });
    expect(await statesIn(db.pool)).toContain('alert-deleted');
  });

  test('of the disabling of its receiver waits, and makes nothing', async () => {
    await holding(db.pool, [], async (client) => {
      await disableReceiver(client, receiver, 'operator', clock.now);
      const resending = resendDelivery(db.pool, failed());
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect((await resending).ids).toEqual([]);
    });
  });

  test('of the deletion of its receiver waits, and makes nothing', async () => {
    await holding(db.pool, [`DELETE FROM receiver WHERE id = '${receiver}'`], async (client) => {
      const resending = resendFailed(db.pool, receiver, LONG_AGO);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect((await resending).ids).toEqual([]);
    });
  });
});

describe('a probe', () => {
  const ENDED = { status: 200, detail: null, retryAfter: null } as const;

  test('[I39] has failed, nobody knows how, until its end is known: that is what a crash leaves', async () => {
    const id = newId();
    expect(await beginProbe(db.pool, receiver, id, clock.now)).toBe(true);
    expect((await deliveriesIn(db.pool)).find((row) => row.id === id)).toMatchObject({ state: 'failed' });
    expect(await listAttempts(db.pool, id)).toMatchObject([{ number: 1, outcome: 'unknown' }]);
    expect(await clock.begin(db.pool, receiver)).toHaveLength(1);
    expect((await resendFailed(db.pool, receiver, LONG_AGO)).ids).toHaveLength(2);
  });

  test('[I38] that was accepted is delivered, and a success as any other', async () => {
    await clock.refuse(db.pool, receiver, await clock.begin(db.pool, receiver), 5);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({ failingSince: expect.any(String) });
    const id = newId();
    await beginProbe(db.pool, receiver, id, clock.now);
    await endProbe(db.pool, receiver, id, { ...ENDED, outcome: 'delivered' }, clock.now);
    expect((await deliveriesIn(db.pool)).find((row) => row.id === id)).toMatchObject({ state: 'delivered' });
    expect(await readReceiver(db.pool, receiver)).toMatchObject({ failingSince: null });
  });

  test('is not made for a receiver that is gone', async () => {
    expect(await beginProbe(db.pool, newId(), newId(), clock.now)).toBe(false);
    const deleted = newId();
    await beginProbe(db.pool, receiver, deleted, clock.now);
    await deleteReceiver(db.pool, receiver);
    await endProbe(db.pool, receiver, deleted, { ...ENDED, outcome: 'delivered' }, clock.now);
    expect(await deliveriesIn(db.pool)).toEqual([]);
  });
});
