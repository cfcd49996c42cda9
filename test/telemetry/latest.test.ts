import { expect, test } from 'vitest';
import { Latest } from '../../src/telemetry/latest.ts';

const SECOND = 1_000;

/** A question that is answered with how often it was asked, when the test says so. */
function asked(patienceMs?: number) {
  let now = 0;
  let times = 0;
  let answering = () => Promise.resolve();
  const latest = new Latest(
    async () => {
      times += 1;
      const time = times;
      await answering();
      return time;
    },
    () => now,
    patienceMs,
  );
  return {
    latest,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    answer: (how: () => Promise<void>) => {
      answering = how;
    },
    times: () => times,
  };
}

test('however many ask within ten seconds, it is asked once', async () => {
  const { latest, pass, times } = asked();
  expect(await Promise.all([latest.value(), latest.value(), latest.value()])).toEqual([1, 1, 1]);
  pass(9 * SECOND);
  expect(await latest.value()).toBe(1);
  pass(2 * SECOND);
  expect(await Promise.all([latest.value(), latest.value()])).toEqual([2, 2]);
  expect(times()).toBe(2);
});

test('who asks does not wait for ever, and is told what was known, until that is too old', async () => {
  const { latest, pass, answer, times } = asked(20);
  expect(await latest.value()).toBe(1);
  answer(() => new Promise<void>(() => {}));
  pass(20 * SECOND);
  expect(await latest.value()).toBe(1);
  pass(20 * SECOND);
  expect(await latest.value()).toBe(1);
  pass(30 * SECOND);
  expect(await latest.value()).toBeNull();
  // Nor does each who asks make one more question.
  expect(times()).toBe(2);
});

test('where the last question failed there is no answer, and the next one asks again', async () => {
  const { latest, pass, answer } = asked();
  expect(await latest.value()).toBe(1);
  pass(20 * SECOND);
  answer(() => Promise.reject(new Error('away')));
  expect(await latest.value()).toBeNull();
  answer(() => Promise.resolve());
  expect(await latest.value()).toBe(3);
});
