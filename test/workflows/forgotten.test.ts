import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tend } from '../../src/api/tend.ts';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import { deleteAlert, readAlert } from '../../src/store/alert.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { TestService, typeOf } from '../api/harness.ts';
import { until } from '../e2e/local-stack.ts';
import { countRows } from '../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { lifecycleOf, live } from '../support/lifecycles.ts';

// Temporal forgets a lifecycle some time after its end, and deletes it at once when an operator says so. From then on
// only Postgres knows that there ever was one.

const KEEP = 3;
/** A lifecycle that has ended is deleted only once visibility has settled, which takes up to half a minute. */
const FORGOTTEN_WITHIN = 120_000;
let service: TestService;
let head: Sent;
/** Both collected, and their lifecycles deleted; the server takes its time for one that is closed. */
let collected: Record<'released' | 'orphaned', Sent>;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
  await work({ SITREP_ORPHAN_GRACE_SECONDS: '0' });
  head = aSitrep();
  await live(pool(), client(), head);
  const released = await moveOn();
  const orphaned = aNext();
  await moveOn();
  expect((await submit(orphaned)).status).toBe(409);
  await outlive();
  collected = { released, orphaned };
  for (const sent of Object.values(collected)) {
    expect(await lifecycleOf(client(), sent.id).result()).toMatchObject({ state: 'collected' });
    await startForgetting(sent);
  }
  await work({});
});
afterAll(async () => {
  await checkInvariants(pool(), { keep: KEEP });
  await service.close();
});

const pool = () => service.api.db.pool;
const client = () => service.temporal.client;
const submit = (sent: Sent) => service.api.submit(sent);
const tendNow = async () => (await tend(client(), false)).found;
const stateOf = async ({ id }: Sent) => (await sitrepState(pool(), id))?.state ?? null;

async function work(environment: Record<string, string>): Promise<void> {
  await service.stopWorker();
  await service.startWorker({ SITREP_KEEP_VERSIONS: String(KEEP), ...environment });
}

/** A child of the head with a request of its own. */
function aNext(): Sent {
  return aChildOf(head, { cases: [aCase({ alertRequests: [aRequest()] })] });
}

/** Makes such a child the head. */
async function moveOn(): Promise<Sent> {
  const child = aNext();
  expect((await submit(child)).status).toBe(201);
  await until('its alert is made', async () => (await alertOf(child)) !== null);
  head = child;
  return child;
}

function alertOf(sent: Sent) {
  return readAlert(pool(), requestIds(sent)[0] as string);
}

async function startForgetting({ id }: Sent): Promise<void> {
  const { connection, namespace } = service.temporal;
  const workflowExecution = { workflowId: workflowIdOf(id) };
  await connection.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
}

async function forget(sent: Sent): Promise<void> {
  await startForgetting(sent);
  await untilForgotten(sent);
}

async function untilForgotten(sent: Sent): Promise<void> {
  await expect.poll(() => isForgotten(sent), { timeout: FORGOTTEN_WITHIN }).toBe(true);
}

async function isForgotten({ id }: Pick<Sent, 'id'>): Promise<boolean> {
  try {
    await lifecycleOf(client(), id).describe();
    return false;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}

/** Moves on until the sitrep is out of history, and its lifecycle, if there is one, has collected it. */
async function outlive(): Promise<void> {
  for (let n = 0; n < KEEP; n++) await moveOn();
}

test('[I27] [I29] the head stays as it is, and is run again: same version, no alert twice or back', async () => {
  const sent = await moveOn();
  await deleteAlert(pool(), requestIds(sent)[0] as string);
  await forget(sent);
  await tendNow();
  const version = (await service.api.get('/v1/sitreps/current')).body.version;
  const { status, body } = await submit(sent);
  expect({ status, body }).toEqual({ status: 200, body: { id: sent.id, state: 'current', version } });
  await outlive();
  expect(await lifecycleOf(client(), sent.id).result()).toMatchObject({ state: 'collected', version });
  expect(await alertOf(sent)).toBeNull();
});

test('[I29] a superseded one that is submitted again waits for its release, and collects itself', async () => {
  const sent = await moveOn();
  await moveOn();
  await forget(sent);
  expect((await submit(sent)).body).toMatchObject({ state: 'superseded' });
  await outlive();
  expect(await lifecycleOf(client(), sent.id).result()).toMatchObject({ was: 'released' });
  expect(await stateOf(sent)).toBeNull();
});

test('[I29] a superseded one that nobody submits again is kept until it is pruned, then deleted', async () => {
  const sent = await moveOn();
  await moveOn();
  await forget(sent);
  await letPass(pool(), '30 days');
  await tendNow();
  expect(await stateOf(sent)).toBe('superseded');
  await outlive();
  expect(await stateOf(sent)).toBe('released');
  expect((await tendNow()).sitrepsDeleted.ids).toContain(sent.id);
  expect(await stateOf(sent)).toBeNull();
});

test('[I29] an orphan in its grace period stays until it is over, then goes', async () => {
  const [left, resubmitted] = [aChildOf(head), aChildOf(head)];
  await moveOn();
  for (const sent of [left, resubmitted]) {
    expect((await submit(sent)).status).toBe(409);
    await forget(sent);
  }
  await tendNow();
  expect(await stateOf(left)).toBe('orphaned');
  await letPass(pool(), '2 hours');
  // Run again, it goes at once: its grace counts from its insert.
  expect((await submit(resubmitted)).status).toBe(200);
  expect(await lifecycleOf(client(), resubmitted.id).result()).toMatchObject({ was: 'orphaned' });
  expect((await tendNow()).sitrepsDeleted.ids).toEqual([left.id]);
  expect(await stateOf(left)).toBeNull();
});

test('[I29] one that is undecided goes after its grace period; submitted again, it is as new', async () => {
  await service.stopWorker();
  const sent = aChildOf(head);
  const submitted = submit(sent);
  await expect.poll(() => isForgotten(sent)).toBe(false);
  await forget(sent);
  await work({});
  await letPass(pool(), '2 hours');
  expect((await tendNow()).submissionsDeleted.ids).toEqual([sent.id]);
  expect((await submitted).status).toBe(503);
  expect((await submit(sent)).status).toBe(201);
  head = sent;
});

test('[I7] [I11] an orphan that was collected is refused, makes no alert, and goes again', async () => {
  const lost = aNext();
  await moveOn();
  await submit(lost);
  await forget(lost);
  await letPass(pool(), '2 hours');
  expect((await tendNow()).sitrepsDeleted.ids).toEqual([lost.id]);
  await work({ SITREP_ORPHAN_GRACE_SECONDS: '0' });
  // Its parent is still in history, so it is inserted and orphaned anew.
  const reply = await submit(lost);
  expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 409, type: 'parent-not-current' });
  expect(await lifecycleOf(client(), lost.id).result()).toMatchObject({ was: 'orphaned' });
  expect(await stateOf(lost)).toBeNull();
  expect(await countRows(pool(), 'sitrep_submission')).toBe(0);
  expect(await alertOf(lost)).toBeNull();
});

test.each(['released', 'orphaned'] as const)(
  '[I7] one that was %s and collected, as its parent was, is refused, and leaves neither row nor lifecycle',
  { timeout: FORGOTTEN_WITHIN * 2 },
  async (was) => {
    const sent = collected[was];
    await untilForgotten(sent);
    await deleteAlert(pool(), requestIds(sent)[0] as string);
    // Its marker goes as well: only history can know that this was decided.
    await tendNow();
    expect(await countRows(pool(), 'rendezvous_alert_created')).toBe(requestIds(head).length);
    const reply = await submit(sent);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({
      status: 409,
      type: 'parent-not-current',
    });
    expect(await countRows(pool(), 'sitrep_submission')).toBe(0);
    expect(await stateOf(sent)).toBeNull();
    expect(await isForgotten(sent)).toBe(true);
    expect(await alertOf(sent)).toBeNull();
  },
);

test('in the end, tend finds nothing', async () => {
  await letPass(pool(), '2 hours');
  await tendNow();
  for (const { count } of Object.values(await tendNow())) expect(count).toBe(0);
});
