import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEND_SCHEDULE, type TendReport } from '../../src/model/lifecycle.ts';
import { readAlert } from '../../src/store/alert.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { prepareNamespace } from '../../src/worker/prepare.ts';
import { TestService } from '../api/harness.ts';
import { commit, countRows, insert } from '../support/commit.ts';
import { aChildOf, aSitrep, requestIds, type Sent, submissionOf } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { live } from '../support/lifecycles.ts';

const KEEP = 3;
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false, searchAttributes: false });
  const { connection, client, namespace } = service.temporal;
  await prepareNamespace(connection, client, namespace);
  await service.startWorker({ SITREP_KEEP_VERSIONS: String(KEEP) });
});
afterAll(() => service.close());

const schedule = () => service.temporal.client.schedule.getHandle(TEND_SCHEDULE);
const pool = () => service.api.db.pool;

/** The next pass of the schedule, without waiting for its five minutes. */
async function nextPass(): Promise<TendReport> {
  const passes = async () => (await schedule().describe()).info.recentActions;
  const before = (await passes()).length;
  await schedule().trigger();
  await expect.poll(async () => (await passes()).length).toBe(before + 1);
  const { workflowId, firstExecutionRunId } = (
    (await passes()).at(-1) as Awaited<ReturnType<typeof passes>>[number]
  ).action.workflow;
  return service.temporal.client.workflow.getHandle(workflowId, firstExecutionRunId).result();
}

test('[I12] [I29] a day without tend loses nothing, and one pass makes up for it', async () => {
  await schedule().pause('an operator looks into something');
  const { client } = service.temporal;
  // A life that misses both of its signals, and another that was ended by hand.
  const forgotten = aSitrep();
  const [waiting] = await live(pool(), client, forgotten);
  const ended = aChildOf(forgotten);
  const [handle] = await live(pool(), client, ended);
  await handle.terminate('by hand');
  // A history that nobody prunes, and a head whose alerts nobody makes.
  let head = ended;
  for (let n = 0; n < KEEP + 1; n++) {
    const child: Sent = aChildOf(head, { cases: [...head.cases, ...aSitrep().cases] });
    await commit(pool(), child);
    head = child;
  }
  const undecided = aChildOf(head);
  await insert(pool(), undecided);
  const submitted = aChildOf(head);
  await submit(pool(), submissionOf(submitted));
  await letPass(pool(), '1 day');
  await checkInvariants(pool(), { keep: KEEP });
  expect(await countRows(pool(), 'fm_sitrep')).toBe(KEEP + 4);

  await schedule().unpause();
  const { found, thorough } = await nextPass();
  expect(thorough).toBe(true);
  const counts = Object.fromEntries(Object.entries(found).map(([kind, { count }]) => [kind, count]));
  expect(counts).toEqual({
    // One was made before the pause of that life's first sitrep; all the others are the head's.
    alertsMade: KEEP + 1,
    ereportsMarked: 0,
    // The alerts of this test's commits, which no activity dispatched, are the same that are made late.
    alertsDispatched: KEEP + 1,
    receiversWoken: 0,
    versionsPruned: 3,
    signalsSent: 1,
    // Those without a lifecycle: the one that was ended, one that was pruned, one that was never decided.
    sitrepsDeleted: 3,
    submissionsDeleted: 1,
    markersDeleted: 0,
    analysesDeleted: 0,
    analysisStarted: 0,
    auditDeleted: 0,
    tokensDeleted: 0,
  });
  expect(await waiting.result()).toMatchObject({ state: 'collected', was: 'released' });
  for (const id of requestIds(head)) expect(await readAlert(pool(), id)).not.toBeNull();
  expect(await countRows(pool(), 'alert')).toBe(requestIds(head).length);
  expect(await countRows(pool(), 'fm_sitrep')).toBe(KEEP);
  expect(await sitrepState(pool(), head.id)).toMatchObject({ state: 'current' });
  for (const { count } of Object.values((await nextPass()).found)) expect(count).toBe(0);
  await checkInvariants(pool(), { keep: KEEP });
});
