import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryView } from '../../src/model/delivery.ts';
import { newId } from '../../src/model/id.ts';
import { receiverWorkflowId } from '../../src/model/receiver-workflow.ts';
import { deleteReceiver } from '../../src/store/receiver.ts';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { dispatchAll, makeAlerts } from '../support/receivers.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
let hook: Hook;
let receiver: { id: string; name: string; secret: string };
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.close());
let made = 0;
beforeEach(async () => {
  hook = await Hook.start();
  receiver = await makeReceiver();
});
afterEach(async () => {
  await checkInvariants(pool());
  await pool().query('DELETE FROM receiver');
  await hook.stop();
});

const pool = () => service.api.db.pool;
const get = (path: string) => service.api.get(path);
const ask = (path: string) => service.api.ask('POST', path);
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const NOT_FOUND = { status: 404, type: 'not-found' };
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const LONG_AGO = '2020-01-01T00:00:00Z';

async function makeReceiver(fields: object = {}) {
  const name = `r${made++}`;
  const input = { name, endpoint: hook.url, subscriptions: ['test.**'], retryDelays: [0], ...fields };
  return (await service.api.post('/v1/receivers', input)).body;
}

const list = async (query = ''): Promise<DeliveryView[]> =>
  (await get(`/v1/deliveries?limit=1000${query}`)).body.items;

/** Tells of new alerts, and waits until nothing is pending. */
async function tell(count: number): Promise<string[]> {
  const ids = await makeAlerts(pool(), count);
  for (const receivers of await dispatchAll(pool())) {
    for (const one of receivers) await wakeReceiver(service.temporal.client, one);
  }
  await settle();
  return ids;
}
const settle = () => expect.poll(() => list('&state=pending')).toEqual([]);

describe('a delivery', () => {
  test('is listed and read, with its attempts', async () => {
    const [alertId] = await tell(1);
    const [delivery] = (await list()) as [DeliveryView];
    expect(delivery).toEqual({
      id: expect.any(String),
      receiverId: receiver.id,
      receiver: receiver.name,
      alertId,
      trigger: 'alert',
      state: 'delivered',
      skippedBecause: null,
      attempts: 1,
      timeCreated: expect.stringMatching(MICROSECONDS),
      timeDue: null,
      timeEnded: expect.stringMatching(MICROSECONDS),
    });
    expect((await get(`/v1/deliveries/${delivery.id.toUpperCase()}`)).body).toEqual(delivery);
    expect((await get(`/v1/deliveries/${delivery.id}/attempts`)).body.items).toEqual([
      {
        number: 1,
        timeStarted: expect.stringMatching(MICROSECONDS),
        timeEnded: expect.stringMatching(MICROSECONDS),
        outcome: 'delivered',
        status: 200,
        detail: null,
      },
    ]);
  });

  test('that is put off says when it is due', async () => {
    await makeReceiver({ retryDelays: [0, 3_600] });
    hook.answer = answer(500);
    await makeAlerts(pool(), 1);
    for (const one of (await dispatchAll(pool())).flat()) await wakeReceiver(service.temporal.client, one);
    await expect.poll(async () => (await list('&state=failed')).length).toBe(1);
    await expect.poll(async () => (await list('&state=pending'))[0]?.attempts).toBe(1);
    // Before its end is on record, the attempt counts, and the delivery is due as soon as its worker may be dead.
    await expect
      .poll(async () => Date.parse((await list('&state=pending'))[0]?.timeDue ?? ''))
      .toBeGreaterThan(Date.now() + 3_000_000);
    const [pending] = await list('&state=pending');
    expect(pending).toMatchObject({ timeDue: expect.stringMatching(MICROSECONDS), timeEnded: null });
  });

  test.each(['delivered', 'failed', 'skipped', 'pending'] as const)(
    'is found by the state %s',
    async (state) => {
      hook.answer = answer(500);
      await tell(1);
      hook.answer = answer(200);
      await tell(1);
      await service.api.ask('PATCH', `/v1/receivers/${receiver.id}`, {
        body: { enabled: false },
        headers: { 'content-type': 'application/json' },
      });
      await tell(1);
      const found = await list(`&state=${state}`);
      expect(found.map((one) => one.state)).toEqual(state === 'pending' ? [] : [state]);
    },
  );

  test('is found by its receiver and its alert', async () => {
    const other = await makeReceiver();
    const [one, two] = await tell(2);
    expect(await list(`&receiverId=${other.id}`)).toHaveLength(2);
    expect(await list(`&alertId=${one}`)).toHaveLength(2);
    expect(await list(`&alertId=${two}&receiverId=${other.id}`)).toHaveLength(1);
    expect(await list(`&alertId=${newId()}`)).toEqual([]);
  });

  test('comes once in the pages of a list, newest first', async () => {
    await tell(7);
    const all = (await list()).map(({ id }) => id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, nextCursor } = (await get(`/v1/deliveries?limit=3${cursor}`)).body;
      seen.push(...items.map(({ id }: DeliveryView) => id));
      cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(all);
    expect(all).toHaveLength(7);
  });

  test.each([
    ['state=lost', '/query/state'],
    ['receiverId=1', '/query/receiverId'],
    ['alertId=%00', '/query/alertId'],
    ['cursor=x', '/query/cursor'],
    ['limit=0', '/query/limit'],
    ['x=1', '/query/x'],
  ])('is not listed by ?%s', async (query, pointer) => {
    const reply = await get(`/v1/deliveries?${query}`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer }]);
  });

  test('that there never was is not found', async () => {
    for (const reply of [
      await get(`/v1/deliveries/${newId()}`),
      await get(`/v1/deliveries/${newId()}/attempts`),
      await ask(`/v1/deliveries/${newId()}/resend`),
    ]) {
      expect(statusAndType(reply)).toEqual(NOT_FOUND);
    }
  });
});

describe('sent again', () => {
  test('a delivery has the same message id, by which its receiver knows it', async () => {
    const [alertId] = await tell(1);
    const [delivery] = (await list()) as [DeliveryView];
    const reply = await ask(`/v1/deliveries/${delivery.id}/resend`);
    expect(reply.status).toBe(201);
    await settle();
    expect(hook.ids).toEqual([alertId, alertId]);
    const [first, second] = hook.received as [Hook['received'][number], Hook['received'][number]];
    expect(second.body).toBe(first.body);
    for (const { headers, body } of [first, second]) {
      new Webhook(receiver.secret).verify(body, headers as Record<string, string>);
    }
    const [again] = await list();
    expect(again).toMatchObject({ id: reply.body.deliveryIds[0], trigger: 'resend', state: 'delivered' });
  });

  test('a delivery of a deleted alert, of a disabled receiver, a pending one and a probe are not', async () => {
    const [alertId] = await tell(1);
    const [delivery] = (await list()) as [DeliveryView];
    await service.api.ask('DELETE', `/v1/alerts/${alertId}`);
    const refused = await ask(`/v1/deliveries/${delivery.id}/resend`);
    expect(statusAndType(refused)).toEqual({ status: 409, type: 'not-resendable' });
    expect(refused.body.deliveryId).toBe(delivery.id);

    const probe = (await ask(`/v1/receivers/${receiver.id}/probe`)).body.delivery;
    expect((await ask(`/v1/deliveries/${probe.id}/resend`)).body.detail).toBe(
      'It was a probe. Make another one.',
    );

    await pool().query(`UPDATE receiver SET retry_delays = '{0,3600}'`);
    hook.answer = answer(500);
    await makeAlerts(pool(), 1);
    await dispatchAll(pool());
    const [pending] = (await list('&state=pending')) as [DeliveryView];
    expect((await ask(`/v1/deliveries/${pending.id}/resend`)).body.detail).toContain('still pending');

    await service.api.ask('PATCH', `/v1/receivers/${receiver.id}`, {
      body: { enabled: false },
      headers: { 'content-type': 'application/json' },
    });
    const disabled = { status: 409, type: 'not-resendable' };
    expect(statusAndType(await ask(`/v1/deliveries/${pending.id}/resend`))).toEqual(disabled);
    expect(statusAndType(await ask(`/v1/receivers/${receiver.id}/resend?since=${LONG_AGO}`))).toEqual(
      disabled,
    );
  });

  test('all that failed since a time arrives', async () => {
    hook.answer = answer(500);
    const before = await tell(1);
    const since = (await list())[0]?.timeEnded as string;
    const ids = await tell(3);
    hook.answer = answer(200);
    hook.received.length = 0;
    const later = new Date(Date.parse(since) + 1).toISOString();
    expect((await ask(`/v1/receivers/${receiver.id}/resend?since=${later}`)).body.deliveryIds).toHaveLength(
      3,
    );
    await settle();
    expect(hook.ids.toSorted()).toEqual(ids.toSorted());
    const rest = await ask(`/v1/receivers/${receiver.id}/resend?since=${LONG_AGO}`);
    expect(rest.body.deliveryIds).toHaveLength(1);
    await settle();
    expect(hook.ids.at(-1)).toBe(before[0]);
    expect((await ask(`/v1/receivers/${receiver.id}/resend?since=${LONG_AGO}`)).body.deliveryIds).toEqual([]);
  });

  test.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.123456789Z',
    '2026-01-01T00:00:00%2B23:59',
    '9999-12-31T23:59:59-23:59',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00%2B23:59',
    '1969-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    'yesterday',
    '',
  ])('[I32] what failed since %s is answered, and never with 5xx', async (since) => {
    for (const path of ['resend?since', 'probe?resendSince']) {
      const reply = await ask(`/v1/receivers/${receiver.id}/${path}=${since}`);
      if (since.startsWith('2026-01-01T')) expect(reply.status).toBeLessThan(300);
      else {
        expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
        expect(reply.body.faults).toMatchObject([{ pointer: `/query/${path.split('?')[1]}` }]);
      }
    }
  });

  test('needs a time', async () => {
    const reply = await ask(`/v1/receivers/${receiver.id}/resend`);
    expect(reply.body.faults).toMatchObject([{ pointer: '/query/since', detail: 'is required' }]);
  });
});

describe('a probe', () => {
  test('is signed, recorded, and answered with how it went', async () => {
    const reply = await ask(`/v1/receivers/${receiver.id}/probe`);
    expect(reply.status).toBe(200);
    const { delivery, attempt, resent } = reply.body;
    expect(delivery).toMatchObject({ trigger: 'probe', alertId: null, state: 'delivered', attempts: 1 });
    expect(attempt).toMatchObject({ number: 1, outcome: 'delivered', status: 200 });
    expect(resent).toEqual([]);
    const [{ headers, body }] = hook.received as [Hook['received'][number]];
    expect(headers['webhook-id']).toBe(delivery.id);
    expect(new Webhook(receiver.secret).verify(body, headers as Record<string, string>)).toEqual({
      type: 'probe',
      timestamp: expect.any(String),
      data: {},
    });
    expect((await get(`/v1/deliveries/${delivery.id}/attempts`)).body.items).toEqual([attempt]);
  });

  test.each([
    [500, 'rejected'],
    [302, 'rejected'],
    [410, 'rejected'],
  ])(
    'that is answered %i has failed, is not repeated, and nothing of the answer comes through',
    async (status, outcome) => {
      hook.answer = answer(status, { location: 'http://10.0.0.1/', 'x-told': 'in confidence' });
      const { text, body } = await ask(`/v1/receivers/${receiver.id}/probe`);
      expect(body.attempt).toMatchObject({ outcome, status });
      expect(body.delivery).toMatchObject({ state: 'failed' });
      expect(text).not.toMatch(/of no interest|in confidence|10\.0\.0\.1/);
      expect(hook.received).toHaveLength(1);
    },
  );

  test('goes nowhere that a delivery may not go', async () => {
    await pool().query(`UPDATE receiver SET endpoint = 'http://10.0.0.1/' WHERE id = $1`, [receiver.id]);
    const { body } = await ask(`/v1/receivers/${receiver.id}/probe`);
    expect(body.attempt).toMatchObject({
      outcome: 'forbidden',
      status: null,
      detail: 'Deliveries may not be sent to 10.0.0.1.',
    });
  });

  test('that is accepted has sent again what failed, if that is asked for; one that is not has not', async () => {
    hook.answer = answer(500);
    const ids = await tell(2);
    const probe = `/v1/receivers/${receiver.id}/probe?resendSince=${LONG_AGO}`;
    expect((await ask(probe)).body.resent).toEqual([]);
    hook.answer = answer(200);
    hook.received.length = 0;
    expect((await ask(probe)).body.resent).toHaveLength(2);
    await settle();
    expect(hook.ids.slice(1).sort()).toEqual(ids.toSorted());
  });

  test('of a disabled receiver is made: it is how one sees whether it may be enabled', async () => {
    await service.api.ask('PATCH', `/v1/receivers/${receiver.id}`, {
      body: { enabled: false },
      headers: { 'content-type': 'application/json' },
    });
    const { body } = await ask(`/v1/receivers/${receiver.id}/probe?resendSince=${LONG_AGO}`);
    expect(body).toMatchObject({ attempt: { outcome: 'delivered' }, resent: [] });
  });

  test('whose receiver is deleted while it is under way is not found', async () => {
    hook.answer = (response, received) => {
      void deleteReceiver(pool(), receiver.id).then(() => answer(200)(response, received));
    };
    expect(statusAndType(await ask(`/v1/receivers/${receiver.id}/probe`))).toEqual(NOT_FOUND);
  });
});

test('a resend while no worker works is made once one does', async () => {
  await tell(1);
  const [delivery] = (await list()) as [DeliveryView];
  const handle = service.temporal.client.workflow.getHandle(receiverWorkflowId(receiver.id));
  await handle.terminate();
  await service.stopWorker();
  expect((await ask(`/v1/deliveries/${delivery.id}/resend`)).status).toBe(201);
  expect(await list('&state=pending')).toHaveLength(1);
  await service.startWorker();
  await settle();
  expect(hook.received).toHaveLength(2);
});
