import { describe, expect, test } from 'vitest';
import type { Arrival } from '../../src/cli/inbox.ts';
import { arrivalInWords } from '../../src/cli/words/arrival.ts';
import { deliveriesInWords, deliveryInWords } from '../../src/cli/words/delivery.ts';
import { receiverInWords, receiversInWords } from '../../src/cli/words/receiver.ts';
import type { Style } from '../../src/cli/words/style.ts';
import { attemptView, deliveryView, idOf, receiverView } from './views.ts';

function style(width: number | null = null): Style {
  return { width, paint: (_, text) => text, now: Date.parse('2026-11-20T08:13:28Z') };
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

test.each([80, 100, 160])('tables fit %i columns, with their ids whole', (width) => {
  const name = 'n'.repeat(100);
  const receivers = receiversInWords(
    [receiverView({ name, endpoint: `https://${'e'.repeat(200)}`, subscriptions: ['a.*', 'test.**'] })],
    style(width),
  );
  const deliveries = deliveriesInWords([deliveryView({ receiver: name, state: 'delivered' })], style(width));
  const attempts = deliveryInWords(
    deliveryView(),
    [attemptView({ outcome: 'unreachable', status: null, detail: 'd'.repeat(100) })],
    style(width),
  );
  expect(receivers).toContain(idOf(300));
  expect(deliveries).toContain(idOf(400));
  const table = attempts.split('\n\n')[1] ?? '';
  for (const text of [receivers, deliveries, table]) expect(widest(text)).toBeLessThanOrEqual(width);
});

test('receivers are listed with how they fare', () => {
  const failing = receiverView({ id: idOf(301), failingSince: '2026-11-20T08:10:28Z', pending: 1_200 });
  const disabled = receiverView({ id: idOf(302), enabled: false });
  expect(receiversInWords([receiverView(), failing, disabled], style())).toBe(
    [
      'ID                                    NAME   STATE     PENDING  SUBSCRIPTIONS  ENDPOINT',
      `${idOf(300)}  watch  enabled         0  **             https://watch.example/sitrep`,
      `${idOf(301)}  watch  failing     1,200  **             https://watch.example/sitrep`,
      `${idOf(302)}  watch  disabled        0  **             https://watch.example/sitrep`,
    ].join('\n'),
  );
});

test('a receiver tells what it hears of, its schedule, its state, and which secrets sign', () => {
  const view = receiverView({
    enabled: false,
    disabledBecause: 'gone',
    timeDisabled: '2026-11-20T09:00:00.000001Z',
    description: 'the night watch',
    subscriptions: ['hardware.**', 'test.*'],
  });
  const secrets = [
    { id: idOf(1), timeCreated: '2026-11-20T08:30:00Z', timeExpires: null },
    { id: idOf(2), timeCreated: '2026-11-20T08:10:28Z', timeExpires: '2026-11-21T08:30:00Z' },
  ];
  expect(
    receiverInWords(view, secrets, 'http://ui/w', style()),
  ).toBe(`Receiver watch  disabled since it answered 410, 2026-11-20 09:00:00 UTC
  id             ${idOf(300)}
  endpoint       https://watch.example/sitrep
  description    the night watch
  subscribed to  hardware.**
                 test.*
  attempts       at once, then after 5s, 5m
  pending        0 deliveries
  signed with    the secret of 2026-11-20 08:30:00 UTC
                 the secret of 2026-11-20 08:10:28 UTC, until 2026-11-21 08:30:00 UTC
  created        2026-11-20 08:10:28 UTC
  workflow       http://ui/w`);
});

describe('a delivery tells', () => {
  test('when it is due, and each attempt', () => {
    const attempts = [
      attemptView(),
      attemptView({ number: 2, outcome: null, status: null, timeEnded: null }),
    ];
    expect(deliveryInWords(deliveryView({ attempts: 2 }), attempts, style())).toBe(`Delivery  pending
  id        ${idOf(400)}
  receiver  watch (${idOf(300)})
  alert     ${idOf(200)}
  trigger   alert
  created   2026-11-20 08:10:28 UTC
  next due  2026-11-20 08:15:28 UTC

TRY  STARTED                   TOOK  OUTCOME    STATUS  DETAIL
  1  2026-11-20 08:10:28 UTC  42 ms  rejected   500
  2  2026-11-20 08:10:28 UTC         under way`);
  });

  test('why it was skipped', () => {
    const ended = { timeDue: null, timeEnded: '2026-11-20T08:11:00Z', attempts: 0 };
    const skipped = (skippedBecause: 'receiver-disabled' | 'alert-deleted') =>
      deliveryInWords(deliveryView({ state: 'skipped', skippedBecause, ...ended }), [], style());
    expect(skipped('receiver-disabled')).toMatch(/^Delivery {2}skipped: its receiver is disabled\n/);
    expect(skipped('alert-deleted')).toMatch(/^Delivery {2}skipped: its alert was deleted\n/);
    expect(skipped('alert-deleted')).toMatch(/No attempts yet\.$/);
  });
});

describe('what came in', () => {
  const message = { type: 'test.foo', timestamp: '2026-11-20T08:10:28Z', version: 0, data: { slot: 4 } };
  const heading = { time: '2026-11-20T08:10:29.123Z', webhookId: idOf(200) };
  const verified: Arrival = { ...heading, verified: true, repeats: 0, message };

  test('is one line', () => {
    expect(arrivalInWords(verified, false, style())).toBe(
      `08:10:29 UTC  verified  ${idOf(200)}  test.foo v0`,
    );
  });

  test('says when it came before', () => {
    expect(arrivalInWords({ ...verified, repeats: 2 }, false, style())).toBe(
      `08:10:29 UTC  repeated  ${idOf(200)}  test.foo v0`,
    );
  });

  test('says when its signature is wrong, and shows nothing of it', () => {
    const refused: Arrival = { ...heading, verified: false, fault: 'No matching signature found' };
    expect(arrivalInWords(refused, true, style())).toBe(
      `08:10:29 UTC  refused   ${idOf(200)}  No matching signature found`,
    );
  });

  test('is shown whole where that is wanted, and cannot command the terminal', () => {
    const evil: Arrival = { ...verified, message: { ...message, type: 'a\u001b[2J', data: '\u009b' } };
    const text = arrivalInWords(evil, true, style());
    expect(text).toContain('"version": 0');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
