import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { AnalysisWaker } from '../../src/temporal/analysis-waker.ts';
import { Line } from '../fire/processes/line.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

const NOBODY_LISTENS = 1;

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

test('whoever asks while Temporal is away has the analysis woken when it is back', async () => {
  const port = Number(inject('temporalAddress').split(':')[1]);
  let isAway = true;
  let tried = 0;
  const line = await Line.start(() => {
    tried += 1;
    return isAway ? NOBODY_LISTENS : port;
  });
  const connection = Connection.lazy({ address: `127.0.0.1:${line.port}` });
  const waker = new AnalysisWaker(new Client({ connection, namespace: temporal.namespace }));
  waker.wake();
  waker.wake();
  await expect.poll(() => tried, { timeout: 30_000 }).toBeGreaterThan(1);
  isAway = false;
  await waker.settled();
  expect(await signals()).toBe(2);
  await connection.close();
  await line.close();
}, 60_000);

test('who ends while Temporal is away does not wait for it', async () => {
  const nowhere = Connection.lazy({ address: `127.0.0.1:${NOBODY_LISTENS}` });
  const waker = new AnalysisWaker(new Client({ connection: nowhere }));
  waker.wake();
  waker.wake();
  await waker.close();
  await nowhere.close();
}, 60_000);
