import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Arrival, Inbox } from '../../src/cli/inbox.ts';
import { newSecret } from '../../src/webhook/signature.ts';
import { deliver, MESSAGE, SECRET } from './signed.ts';

let inbox: Inbox;
let arrivals: Arrival[];
beforeEach(async () => {
  arrivals = [];
  inbox = await Inbox.open(0, (arrival) => arrivals.push(arrival));
});
afterEach(() => inbox.close());

test('a delivery is verified, accepted, and handed on', async () => {
  inbox.trust(SECRET);
  expect(await deliver(inbox.url)).toBe(204);
  expect(arrivals).toMatchObject([
    { verified: true, repeats: 0, webhookId: MESSAGE.alertId, message: MESSAGE },
  ]);
});

test('one that comes before the secret is known waits for it', async () => {
  const early = deliver(inbox.url);
  inbox.trust(SECRET);
  expect(await early).toBe(204);
});

test.each<[string, Parameters<typeof deliver>[1], RegExp]>([
  ['signed with another secret', { secret: newSecret() }, /No matching signature/],
  ['signed ten minutes ago', { at: Date.now() - 600_000 }, /too old/],
  ['signed, but no message of Sitrep', { message: {} }, /type/],
])('one that is %s is refused, and says why without its content', async (_, sent, why) => {
  inbox.trust(SECRET);
  expect(await deliver(inbox.url, sent)).toBe(401);
  expect(arrivals).toEqual([
    {
      time: expect.any(String),
      webhookId: MESSAGE.alertId,
      verified: false,
      fault: expect.stringMatching(why),
    },
  ]);
});

test('one without any signature is refused', async () => {
  inbox.trust(SECRET);
  const { status } = await fetch(inbox.url, { method: 'POST', body: JSON.stringify(MESSAGE) });
  expect(status).toBe(401);
  expect(arrivals).toMatchObject([{ verified: false, webhookId: '' }]);
});

test('a repeat is known by its webhook-id; a forged one before it makes no repeat of it', async () => {
  inbox.trust(SECRET);
  await deliver(inbox.url, { secret: newSecret() });
  await deliver(inbox.url);
  await deliver(inbox.url, { id: 'another' });
  await deliver(inbox.url);
  expect(arrivals.map((one) => (one.verified ? one.repeats : 'refused'))).toEqual(['refused', 0, 0, 1]);
});

test('what is no delivery is answered, and nothing is handed on', async () => {
  inbox.trust(SECRET);
  expect((await fetch(inbox.url)).status).toBe(405);
  const huge = { ...MESSAGE, data: 'x'.repeat(2 * 1024 * 1024) };
  expect(await deliver(inbox.url, { message: huge })).toBe(413);
  expect(arrivals).toEqual([]);
});
