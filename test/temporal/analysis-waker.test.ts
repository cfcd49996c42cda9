import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { AnalysisWaker } from '../../src/temporal/analysis-waker.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

let temporal: TestTemporal;
beforeEach(async () => {
  temporal = await connectTemporal({ searchAttributes: false });
});
afterEach(() => temporal.close());

/** No worker is there, so the signals are all that happens. */
async function signals(): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(ANALYSIS).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

test('whoever asks while a signal is under way is covered by one more that follows it', async () => {
  const waker = new AnalysisWaker(temporal.client);
  for (let n = 0; n < 100; n++) waker.wake();
  await waker.settled();
  expect(await signals()).toBe(2);
  waker.wake();
  await waker.settled();
  expect(await signals()).toBe(3);
});

test('where Temporal is away nobody hears of it, and the next who asks has a signal sent again', async () => {
  const nowhere = Connection.lazy({ address: '127.0.0.1:1' });
  const waker = new AnalysisWaker(new Client({ connection: nowhere }));
  waker.wake();
  waker.wake();
  await waker.settled();
  waker.wake();
  await waker.settled();
  await nowhere.close();
}, 60_000);
