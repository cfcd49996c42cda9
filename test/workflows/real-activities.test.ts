import type { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { LIFECYCLE, TASK_QUEUE, workflowIdOf } from '../../src/model/lifecycle.ts';
import { deleteAlert, readAlert } from '../../src/store/alert.ts';
import { readSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import type { RunningWorker } from '../../src/worker/worker.ts';
import { countRows } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { live, startTestWorker } from '../support/lifecycles.ts';
import { createTimeSkipping } from '../support/temporal.ts';

const KEEP = 2;
let environment: TestWorkflowEnvironment;
let db: TestDatabase;
let worker: RunningWorker;
// Each test has a clock of its own: with an activity left open by another, it would never be skipped again.
beforeEach(async () => {
  environment = await createTimeSkipping();
  db = await createDatabase();
  const { client, nativeConnection } = environment;
  worker = await startTestWorker(
    db.pool,
    { client, nativeConnection, namespace: 'default' },
    { SITREP_KEEP_VERSIONS: String(KEEP) },
  );
});
afterEach(async () => {
  await worker.stop();
  await checkInvariants(db.pool, { keep: KEEP });
  await db.drop();
  await environment.teardown();
});

const begin = (sent: Sent) => live(db.pool, environment.client, sent);

test('[I11] [I12] of two rivals one becomes current and has its alerts made; the other causes none, and goes', async () => {
  const first = aSitrep({}, 3);
  await begin(first);
  const rivals = [aChildOf(first), aChildOf(first)].map((sent) => {
    sent.cases.push(aCase({ alertRequests: [aRequest()] }));
    return sent;
  });
  const started = await Promise.all(rivals.map(begin));
  expect(started.map(([, { kind }]) => kind).sort()).toEqual(['current', 'orphaned']);
  const lost = started.findIndex(([, { kind }]) => kind === 'orphaned');
  const [orphan] = started[lost] as (typeof started)[number];
  expect(await sitrepState(db.pool, rivals[lost]?.id as string)).toMatchObject({ state: 'orphaned' });
  // Skips the grace period.
  expect(await orphan.result()).toMatchObject({ was: 'orphaned' });
  expect(await sitrepState(db.pool, rivals[lost]?.id as string)).toBeNull();
  const winner = rivals[1 - lost] as Sent;
  for (const id of requestIds(winner)) expect(await readAlert(db.pool, id)).not.toBeNull();
  expect(await countRows(db.pool, 'alert')).toBe(4);
  expect(await readSitrep(db.pool, 'current')).toMatchObject({
    id: winner.id,
    rendezvous: { reconciled: true },
  });
});

test('[I25] a chain longer than what is kept collects its oldest, through their own lifecycles', async () => {
  const chain = [aSitrep()];
  while (chain.length < 6) chain.push(aChildOf(chain.at(-1) as Sent));
  const handles = [];
  for (const sent of chain) {
    const [handle, decision] = await begin(sent);
    expect(decision).toEqual({ kind: 'current', version: handles.length + 1 });
    handles.push(handle);
  }
  const released = handles.slice(0, -KEEP);
  for (const [index, handle] of released.entries()) {
    expect(await handle.result()).toEqual({ state: 'collected', was: 'released', version: index + 1 });
    expect(await sitrepState(db.pool, chain[index]?.id as string)).toBeNull();
  }
  expect(await countRows(db.pool, 'fm_sitrep')).toBe(KEEP);
  expect(await countRows(db.pool, 'alert')).toBe(1);
});

test('[I7] [I27] a collected sitrep is not run again, and its document is refused without a trace', async () => {
  const first = aSitrep();
  const [handle] = await begin(first);
  let parent = first;
  for (let n = 0; n < KEEP; n++) {
    const child = aChildOf(parent);
    await begin(child);
    parent = child;
  }
  await handle.result();
  await expect(begin(first)).rejects.toThrow('parentNotCurrent');
  expect(await countRows(db.pool, 'sitrep_submission')).toBe(0);
});

test('[I29] a lifecycle that was terminated as head is run again: same version, no alert twice or back', async () => {
  const first = aSitrep({}, 2);
  const [handle] = await begin(first);
  const [gone, kept] = requestIds(first) as [string, string];
  await expect.poll(() => readAlert(db.pool, kept)).not.toBeNull();
  await deleteAlert(db.pool, gone);
  await handle.terminate('by hand');
  const [, again] = await begin(first);
  expect(again).toEqual({ kind: 'current', version: 1 });
  const successor = aChildOf(first);
  await begin(successor);
  await expect.poll(async () => (await readSitrep(db.pool, 'current'))?.rendezvous?.reconciled).toBe(true);
  expect(await readAlert(db.pool, gone)).toBeNull();
  expect(await countRows(db.pool, 'alert')).toBe(1);
});

test('[I29] an orphan that is ended and run again stays for what is left of its grace, not for another', async () => {
  const first = aSitrep();
  await begin(first);
  await begin(aChildOf(first));
  const lost = aChildOf(first);
  const [handle] = await begin(lost);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  // Time is skipped in Temporal alone.
  await letPass(db.pool, '40 minutes');
  const [again, decision] = await begin(lost);
  expect(decision).toEqual({ kind: 'orphaned' });
  expect(await again.result()).toMatchObject({ state: 'collected', was: 'orphaned' });
  const { events } = await again.fetchHistory();
  const timers = events?.flatMap((event) => event.timerStartedEventAttributes ?? []) ?? [];
  const minutes = timers.map(({ startToFireTimeout }) => Number(startToFireTimeout?.seconds) / 60);
  expect(minutes).toEqual([expect.closeTo(20, 0)]);
  expect(await sitrepState(db.pool, lost.id)).toBeNull();
});

test('a lifecycle without a submission is refused, and leaves nothing', async () => {
  const sitrepId = newId();
  const handle = await environment.client.workflow.start(LIFECYCLE, {
    workflowId: workflowIdOf(sitrepId),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId, digest: '00'.repeat(32) }],
  });
  const error = await handle.result().catch((reason: unknown) => reason);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'submissionGone' });
  expect(await sitrepState(db.pool, sitrepId)).toBeNull();
});

test('a child that was submitted before its parent was current is refused, and its submission goes', async () => {
  const first = aSitrep();
  await begin(first);
  const [winner, loser] = [aChildOf(first), aChildOf(first)];
  await begin(winner);
  await begin(loser);
  // Accepted while its parent was the head, inserted after the parent has lost.
  await expect(begin(aChildOf(loser))).rejects.toThrow('parentNotCurrent');
  expect(await countRows(db.pool, 'sitrep_submission')).toBe(0);
});
