import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AttemptEnd } from '../../src/model/delivery.ts';
import { newId } from '../../src/model/id.ts';
import { ReceiverInput } from '../../src/model/receiver.ts';
import { beginAttempts, endAttempts } from '../../src/store/delivery-attempt.ts';
import { dispatchAlerts } from '../../src/store/dispatch.ts';
import { beginProbe, endProbe } from '../../src/store/probe.ts';
import { createReceiver, deleteReceiver } from '../../src/store/receiver.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { countRows } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let receiverId: string;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  receiverId = newId();
  const input = ReceiverInput.parse({
    name: `r-${receiverId}`,
    endpoint: 'http://127.0.0.1:9/',
    subscriptions: ['test.foo'],
  });
  await createReceiver(db.pool, receiverId, input, { id: newId(), sealed: Buffer.from('sealed') });
});

const DELIVERED: AttemptEnd = { outcome: 'delivered', status: 204, detail: null, retryAfter: null };
const REFUSED: AttemptEnd = { outcome: 'rejected', status: 500, detail: null, retryAfter: null };

/** Lets the end of an attempt be recorded while its receiver is deleted, each just before it takes the attempt's row. */
async function deletedMeanwhile(record: () => Promise<void>): Promise<void> {
  let both: Promise<unknown> | undefined;
  await holding(db.pool, ['SELECT FROM delivery_attempt FOR UPDATE'], async () => {
    const recording = record();
    await untilBlocked(db.pool, 1);
    const deleting = deleteReceiver(db.pool, receiverId);
    await untilBlocked(db.pool, 2);
    // Awaited only after the lock is gone.
    both = Promise.all([recording, deleting]);
    both.catch(() => {});
  });
  expect(await both).toEqual([undefined, true]);
  expect(await countRows(db.pool, 'delivery')).toBe(0);
  expect(await countRows(db.pool, 'delivery_attempt')).toBe(0);
}

test.each([
  ['was accepted', DELIVERED],
  ['was refused', REFUSED],
])('a receiver is deleted while it is recorded that an attempt %s: neither fails', async (_, end) => {
  const now = new Date();
  await db.pool.query(`INSERT INTO alert (id, class, version, payload) VALUES ($1, 'test.foo', 0, '{}')`, [
    newId(),
  ]);
  await dispatchAlerts(db.pool, async () => {});
  const later = new Date(now.getTime() + 60_000);
  const [begun] = await beginAttempts(db.pool, receiverId, 1, later, later);
  const { deliveryId, attempt } = begun as NonNullable<typeof begun>;
  await deletedMeanwhile(() =>
    endAttempts(db.pool, receiverId, [{ deliveryId, attempt, end, ended: now, nextDue: null }]),
  );
});

test('a receiver is deleted while the end of a probe is recorded: neither fails', async () => {
  const id = newId();
  await beginProbe(db.pool, receiverId, id, new Date());
  await deletedMeanwhile(() => endProbe(db.pool, receiverId, id, DELIVERED, new Date()));
});
