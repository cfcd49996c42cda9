import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { ReceiverInput } from '../../src/model/receiver.ts';
import { createReceiver, listReceivers, readReceiver, updateReceiver } from '../../src/store/receiver.ts';
import { listSecrets, rotateSecret, sealedSecrets } from '../../src/store/receiver-secret.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import { makeReceiver } from '../support/receivers.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const secret = (text: string) => ({ id: newId(), sealed: Buffer.from(text) });
const input = (name: string) => ReceiverInput.parse({ name, endpoint: 'http://receiver.test/' });

describe('a name', () => {
  test('belongs to one receiver, however many ask for it at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, () => createReceiver(db.pool, newId(), input('wanted'), secret('x'))),
    );
    expect(made.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    expect(made.filter(({ kind }) => kind === 'nameTaken')).toHaveLength(7);
    const { items } = await listReceivers(db.pool, { limit: 10, name: 'wanted' });
    expect(items).toHaveLength(1);
    const id = await makeReceiver(db.pool);
    expect(await updateReceiver(db.pool, id, { name: 'wanted' })).toEqual({ kind: 'nameTaken' });
  });
});

describe('a change', () => {
  test('leaves what it does not name', async () => {
    const id = await makeReceiver(db.pool, { description: 'as it was', retryDelays: [0, 7] });
    const before = await readReceiver(db.pool, id);
    await updateReceiver(db.pool, id, { endpoint: 'http://elsewhere.test/' });
    expect(await readReceiver(db.pool, id)).toEqual({
      ...before,
      endpoint: 'http://elsewhere.test/',
      timeModified: expect.any(String),
    });
  });

  test('to enabled of what is enabled does not forget that it is failing', async () => {
    const id = await makeReceiver(db.pool);
    await db.pool.query('UPDATE receiver SET failing_since = now() WHERE id = $1', [id]);
    await updateReceiver(db.pool, id, { enabled: true });
    expect(await readReceiver(db.pool, id)).toMatchObject({ failingSince: expect.any(String) });
  });

  test('of what is gone says so', async () => {
    expect(await updateReceiver(db.pool, newId(), { description: 'x' })).toEqual({ kind: 'gone' });
  });
});

describe('a rotation', () => {
  const DAY = 86_400;
  /** Those that sign, newest first. */
  const signing = async (id: string) => (await sealedSecrets(db.pool, id)).map((one) => one.id);
  const rotate = async (id: string, keep: number) => {
    const next = secret('x');
    return { next: next.id, view: await rotateSecret(db.pool, id, next, keep) };
  };

  test('lets the old secret sign for as long as it is told, after the new one', async () => {
    const id = await makeReceiver(db.pool);
    const [old] = await signing(id);
    const { next, view } = await rotate(id, DAY);
    expect(view).toMatchObject({ id: next, timeExpires: null });
    expect(await signing(id)).toEqual([next, old]);
    expect(await listSecrets(db.pool, id)).toMatchObject([
      { timeExpires: null },
      { timeExpires: expect.any(String) },
    ]);
    await db.pool.query(
      `UPDATE receiver_secret SET time_expires = now() - interval '1 second'
                          WHERE receiver_id = $1 AND time_expires IS NOT NULL`,
      [id],
    );
    expect(await signing(id)).toEqual([next]);
    expect(await listSecrets(db.pool, id)).toHaveLength(1);
  });

  test('for no time ends the old one at once', async () => {
    const id = await makeReceiver(db.pool);
    const { next } = await rotate(id, 0);
    expect(await signing(id)).toEqual([next]);
  });

  test('does not give a secret that expires more time', async () => {
    const id = await makeReceiver(db.pool);
    await rotate(id, 60);
    const [, before] = await listSecrets(db.pool, id);
    await rotate(id, DAY);
    const after = await listSecrets(db.pool, id);
    expect(after).toHaveLength(3);
    expect(after[2]).toEqual(before);
  });

  test('[I40] by two at once leaves one secret that does not expire', async () => {
    const id = await makeReceiver(db.pool);
    const lock = `SELECT FROM receiver WHERE id = '${id}' FOR NO KEY UPDATE`;
    const rotations = await holding(db.pool, [lock], async () => {
      const both = ['one', 'other'].map((text) => rotateSecret(db.pool, id, secret(text), DAY));
      await untilBlocked(db.pool, 2);
      return both;
    });
    await Promise.all(rotations);
    const views = await listSecrets(db.pool, id);
    expect(views).toHaveLength(3);
    expect(views.filter(({ timeExpires }) => timeExpires === null)).toHaveLength(1);
  });

  test('of a receiver that is gone is refused', async () => {
    expect(await rotateSecret(db.pool, newId(), secret('x'), DAY)).toBeNull();
  });
});

test('receivers come newest first, in pages', async () => {
  const made = [await makeReceiver(db.pool), await makeReceiver(db.pool), await makeReceiver(db.pool)];
  const first = await listReceivers(db.pool, { limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual([made[2], made[1]]);
  const second = await listReceivers(db.pool, { limit: 1, cursor: first.nextCursor as string });
  expect(second.items.map(({ id }) => id)).toEqual([made[0]]);
});
