import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import {
  LIFECYCLE,
  TASK_QUEUE,
  TEND_KINDS,
  type TendKind,
  type TendReport,
  workflowIdOf,
} from '../../src/model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { deleteAlert, readAlert } from '../../src/store/alert.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { readEreport } from '../../src/store/ereport-read.ts';
import { pruneHistory } from '../../src/store/history-prune.ts';
import { readSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { TestService } from '../api/harness.ts';
import { commit, commitAndMeet, countRows, insert } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { auditedDaysAgo, expiredDaysAgo } from '../support/days-ago.ts';
import { aCase, aChildOf, aSitrep, requestIds, type Sent, submissionOf } from '../support/document.ts';
import { anEreport, taken } from '../support/ereports.ts';
import { Hook } from '../support/hook.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { lifecycleOf, live } from '../support/lifecycles.ts';
import { dispatchAll, makeAlerts, makeReceiver, statesIn } from '../support/receivers.ts';

const KEEP = 3;
let service: TestService;
let hook: Hook;
beforeEach(async () => {
  hook = await Hook.start();
  service = await TestService.start({ worker: false });
  // Of what there is to look at, nothing shall make more.
  await configure(pool(), { analysisEnabled: false });
  await service.startWorker({ SITREP_KEEP_VERSIONS: String(KEEP) });
});
afterEach(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
  await hook.stop();
});

const pool = () => service.api.db.pool;
const client = () => service.temporal.client;

async function tend(dryRun = false): Promise<TendReport> {
  return (await service.api.post(`/v1/tend?dryRun=${dryRun}`, undefined)).body;
}

function countsOf({ found }: TendReport): Record<TendKind, number> {
  const kinds = Object.keys(TEND_KINDS) as TendKind[];
  return Object.fromEntries(kinds.map((kind) => [kind, found[kind].count])) as Record<TendKind, number>;
}
const NOTHING = Object.fromEntries(Object.keys(TEND_KINDS).map((kind) => [kind, 0]));

/** As if it had been there for two hours: longer than any grace period. */
async function age(table: 'fm_sitrep' | 'fm_analysis' | 'sitrep_submission'): Promise<void> {
  const column = table === 'sitrep_submission' ? 'time_submitted' : 'time_created';
  await pool().query(`UPDATE ${table} SET ${column} = ${column} - interval '2 hours'`);
}

/** As if nobody had sent what is due for two hours. */
async function ageDeliveries(): Promise<void> {
  await pool().query(`UPDATE delivery SET time_due = time_due - interval '2 hours'`);
}

/** An open lifecycle that never gets anywhere: no worker takes its tasks. */
async function stuck(sitrepId: string): Promise<void> {
  await client().workflow.start(LIFECYCLE, {
    workflowId: workflowIdOf(sitrepId),
    taskQueue: `${TASK_QUEUE} of nobody`,
    args: [{ sitrepId, digest: '' }],
  });
}

async function chain(length: number): Promise<Sent[]> {
  const sitreps = [aSitrep()];
  while (sitreps.length < length) sitreps.push(aChildOf(sitreps.at(-1) as Sent));
  for (const sent of sitreps) await commitAndMeet(pool(), sent);
  return sitreps;
}

describe('[I29] what a lifecycle leaves that was terminated', () => {
  test('before the insert: its submission goes after an hour, but not while a lifecycle is open', async () => {
    await commitAndMeet(pool(), aSitrep());
    const head = (await readSitrep(pool(), 'current'))?.id as string;
    const [left, wanted, young] = [0, 1, 2].map(() => aSitrep({ parentId: head })) as [Sent, Sent, Sent];
    await submit(pool(), submissionOf(left));
    await submit(pool(), submissionOf(wanted));
    await stuck(wanted.id);
    await age('sitrep_submission');
    await submit(pool(), submissionOf(young));
    expect((await tend()).found.submissionsDeleted).toEqual({ count: 1, ids: [left.id] });
    expect(await countRows(pool(), 'sitrep_submission')).toBe(2);
  });

  test('undecided or orphaned: its sitrep goes after the grace period, but not while a lifecycle is open', async () => {
    const [parent, head] = (await chain(2)) as [Sent, Sent];
    const undecided = aChildOf(head);
    const waits = aChildOf(head);
    const orphan = { ...aChildOf(parent), parentId: parent.id };
    for (const sent of [undecided, waits, orphan]) await insert(pool(), sent);
    await stuck(waits.id);
    expect(countsOf(await tend())).toEqual({ ...NOTHING, alertsDispatched: 1 });
    await age('fm_sitrep');
    const { ids } = (await tend()).found.sitrepsDeleted;
    expect(ids.toSorted()).toEqual([undecided.id, orphan.id].toSorted());
    expect(await sitrepState(pool(), waits.id)).toMatchObject({ state: 'inserted' });
  });

  test('as head: it is reconciled, and kept', async () => {
    const head = aSitrep({}, 3);
    await commit(pool(), head);
    await age('fm_sitrep');
    const { alertsMade } = (await tend()).found;
    expect(alertsMade.count).toBe(3);
    expect(alertsMade.ids.toSorted()).toEqual(requestIds(head).toSorted());
    for (const id of requestIds(head)) expect(await readAlert(pool(), id)).not.toBeNull();
    expect(await sitrepState(pool(), head.id)).toMatchObject({ state: 'current' });
    expect(countsOf(await tend())).toEqual(NOTHING);
  });

  test('superseded: it is kept until it falls out of history, then deleted', async () => {
    const sitreps = await chain(KEEP + 2);
    const [oldest, next, ...kept] = sitreps.map(({ id }) => id);
    const { versionsPruned, sitrepsDeleted } = (await tend()).found;
    expect(versionsPruned).toEqual({ count: 2, ids: [oldest, next] });
    expect(sitrepsDeleted.ids.toSorted()).toEqual([oldest, next].toSorted());
    for (const id of kept) expect(await sitrepState(pool(), id)).not.toBeNull();
  });
});

describe('a lifecycle that missed a signal', () => {
  test('is told that it was superseded, and later that it was released', async () => {
    const first = aSitrep();
    const [handle] = await live(pool(), client(), first);
    const state = async () => (await handle.describe()).typedSearchAttributes.get(SEARCH_ATTRIBUTES.state);
    const second = aChildOf(first);
    await commitAndMeet(pool(), second);
    expect((await tend()).found.signalsSent).toEqual({ count: 1, ids: [first.id] });
    await expect.poll(state).toBe('superseded');
    expect(countsOf(await tend())).toEqual(NOTHING);

    await pruneHistory(pool(), 1, 10);
    expect((await tend()).found.signalsSent).toEqual({ count: 1, ids: [first.id] });
    expect(await handle.result()).toMatchObject({ state: 'collected', was: 'released' });
    expect(await lifecycleOf(client(), first.id).describe()).toMatchObject({
      status: { name: 'COMPLETED' },
    });
    expect(await sitrepState(pool(), first.id)).toBeNull();
  });
});

describe('markers', () => {
  test('[I17] of requests that the head no longer makes go; the others stay, their alerts deleted or not', async () => {
    const first = aSitrep({}, 3);
    await commitAndMeet(pool(), first);
    const [dropped, ...carried] = requestIds(first) as [string, string, string];
    await deleteAlert(pool(), carried[0]);
    const [onlyCase] = first.cases as [Sent['cases'][number]];
    const requests = onlyCase.alertRequests?.filter(({ id }) => id !== dropped) ?? [];
    await commitAndMeet(pool(), aChildOf(first, { cases: [{ ...onlyCase, alertRequests: requests }] }));
    expect((await tend()).found.markersDeleted).toEqual({ count: 1, ids: [dropped] });
    expect(await countRows(pool(), 'rendezvous_alert_created')).toBe(2);
    expect(await readAlert(pool(), carried[0])).toBeNull();
  });
});

describe('an alert that nobody was told of', () => {
  test('is dispatched, and its receivers are woken', async () => {
    await makeReceiver(pool(), { endpoint: hook.url });
    const ids = await makeAlerts(pool(), 3);
    expect((await tend()).found.alertsDispatched).toEqual({ count: 3, ids });
    await expect.poll(() => hook.ids.toSorted()).toEqual(ids.toSorted());
  });

  test('is told after a pass that made it, and counts as both', async () => {
    await makeReceiver(pool(), { endpoint: hook.url });
    const head = aSitrep({}, 2);
    await commit(pool(), head);
    const report = await tend();
    expect(countsOf(report)).toEqual({ ...NOTHING, alertsMade: 2, alertsDispatched: 2 });
    await expect.poll(() => hook.ids.toSorted()).toEqual(requestIds(head).toSorted());
  });
});

describe('a receiver that sleeps over a delivery', () => {
  test('is woken after a minute, not before', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url });
    await makeAlerts(pool(), 2);
    await dispatchAll(pool());
    expect(countsOf(await tend())).toEqual(NOTHING);
    expect(hook.received).toEqual([]);
    await ageDeliveries();
    expect((await tend()).found.receiversWoken).toEqual({ count: 1, ids: [receiver] });
    await expect.poll(() => hook.received.length).toBe(2);
    await expect.poll(() => statesIn(pool())).toEqual(['delivered', 'delivered']);
    expect(countsOf(await tend())).toEqual(NOTHING);
  });

  test('is not woken when it is disabled, or waits for its next attempt', async () => {
    const patient = await makeReceiver(pool(), { endpoint: hook.url });
    await makeAlerts(pool(), 1);
    await dispatchAll(pool());
    await pool().query(`UPDATE delivery SET time_due = now() + interval '1 hour'`);
    await makeReceiver(pool(), { endpoint: hook.url, enabled: false });
    await makeAlerts(pool(), 1);
    await pool().query('DELETE FROM receiver_subscription WHERE receiver_id = $1', [patient]);
    await dispatchAll(pool());
    expect(countsOf(await tend())).toEqual(NOTHING);
  });
});

/** The record of an analysis, wherever what it made has got to. */
async function analysisOf(sitrepId: string): Promise<void> {
  await pool().query(`INSERT INTO fm_analysis (sitrep_id, inputs, report) VALUES ($1, '{}', '{}')`, [
    sitrepId,
  ]);
}

describe('the record of an analysis', () => {
  test('goes after an hour if its sitrep never came to be, and otherwise with its sitrep or submission', async () => {
    const head = aSitrep();
    await commitAndMeet(pool(), head);
    const [orphan, waiting] = [0, 1].map(() => aSitrep({ parentId: head.id })) as [Sent, Sent];
    await insert(pool(), orphan);
    await submit(pool(), submissionOf(waiting));
    const nothing = newId();
    for (const id of [head.id, orphan.id, waiting.id, nothing]) await analysisOf(id);
    expect(countsOf(await tend())).toEqual({ ...NOTHING, alertsDispatched: 1 });
    await age('fm_analysis');
    expect((await tend()).found.analysesDeleted).toEqual({ count: 1, ids: [nothing] });
    await age('fm_sitrep');
    await age('sitrep_submission');
    const { sitrepsDeleted, submissionsDeleted, analysesDeleted } = (await tend()).found;
    expect([sitrepsDeleted, submissionsDeleted, analysesDeleted].map(({ count }) => count)).toEqual([
      1, 1, 0,
    ]);
    const { rows } = await pool().query('SELECT sitrep_id AS id FROM fm_analysis');
    expect(rows).toEqual([{ id: head.id }]);
  });
});

describe('the analysis', () => {
  const status = async () => (await client().workflow.getHandle(ANALYSIS).describe()).status.name;

  test('is started where it does not run, unless the configuration has it off', async () => {
    expect(countsOf(await tend())).toEqual(NOTHING);
    await expect(status()).rejects.toThrow('not found');
    await configure(pool(), { analysisEnabled: true });
    expect((await tend(true)).found.analysisStarted).toEqual({ count: 1, ids: [ANALYSIS] });
    await expect(status()).rejects.toThrow('not found');
    expect((await tend()).found.analysisStarted).toEqual({ count: 1, ids: [ANALYSIS] });
    expect(await status()).toBe('RUNNING');
    expect(countsOf(await tend())).toEqual(NOTHING);
    await client().workflow.getHandle(ANALYSIS).terminate();
    expect((await tend()).found.analysisStarted.count).toBe(1);
    expect(await status()).toBe('RUNNING');
  });
});

describe('an ereport that came after what has it in a case', () => {
  test('[I43] is marked as seen by the pass that looks at all, once a day', async () => {
    const ereport = anEreport();
    const { restartId, ena } = ereport;
    const head = aSitrep({ cases: [aCase({ ereports: [{ restartId, ena }] })] });
    await commitAndMeet(pool(), head);
    await tend();
    await writeEreports(pool(), [taken(ereport)]);
    expect(countsOf(await tend())).toEqual(NOTHING);
    await pool().query(`UPDATE fm_rendezvous_progress SET time_verified = now() - interval '25 hours'`);
    expect((await tend(true)).found.ereportsMarked).toEqual({ count: 1, ids: [`${restartId} 0x1`] });
    expect((await tend()).found.ereportsMarked).toEqual({ count: 1, ids: [`${restartId} 0x1`] });
    expect(await readEreport(pool(), { restartId, ena })).toMatchObject({ markedSeenIn: head.id });
  });
});

describe('a pass', () => {
  test('looks at all requests once a day, whatever is remembered as met', async () => {
    const head = aSitrep({}, 2);
    await commitAndMeet(pool(), head);
    expect((await tend()).thorough).toBe(true);
    const [lost] = requestIds(head) as [string, string];
    await pool().query('DELETE FROM rendezvous_alert_created WHERE alert_id = $1', [lost]);
    await pool().query('DELETE FROM alert WHERE id = $1', [lost]);
    const trusting = await tend();
    expect({ ...countsOf(trusting), thorough: trusting.thorough }).toEqual({ ...NOTHING, thorough: false });
    await pool().query(`UPDATE fm_rendezvous_progress SET time_verified = now() - interval '25 hours'`);
    const thorough = await tend();
    expect(thorough).toMatchObject({ thorough: true, found: { alertsMade: { count: 1, ids: [lost] } } });
    expect(await readAlert(pool(), lost)).not.toBeNull();
  });

  test('[I24] counts all that it finds, over many pages, and names the first hundred', async () => {
    const head = aSitrep();
    await commitAndMeet(pool(), head);
    const left = Array.from({ length: 250 }, () => aSitrep({ parentId: head.id, cases: [] }));
    await Promise.all(left.map((sent) => insert(pool(), sent)));
    await age('fm_sitrep');
    const { sitrepsDeleted } = (await tend()).found;
    expect(sitrepsDeleted.count).toBe(250);
    expect(sitrepsDeleted.ids).toHaveLength(100);
    expect(await countRows(pool(), 'fm_sitrep')).toBe(1);
  });

  test('[I26] run dry writes nothing, and the next one does exactly what it said; the one after finds nothing', async () => {
    // One of everything that a pass can find.
    const forgotten = aSitrep();
    const [handle] = await live(pool(), client(), forgotten);
    // Its rendezvous dispatches whatever there is, late or not.
    await expect
      .poll(async () => (await handle.describe()).raw.pendingActivities, { timeout: 10_000 })
      .toEqual([]);
    let parent = forgotten;
    for (let n = 0; n < KEEP + 1; n++) {
      const child = aChildOf(parent, n === 0 ? { cases: [] } : { cases: aSitrep().cases });
      await commitAndMeet(pool(), child);
      parent = child;
    }
    const ereport = anEreport();
    await writeEreports(pool(), [taken(ereport)]);
    const { restartId, ena } = ereport;
    const unseen = aCase({ ereports: [{ restartId, ena }] });
    const unmet = aChildOf(parent, { cases: [...parent.cases, ...aSitrep({}, 4).cases, unseen] });
    await commit(pool(), unmet);
    await analysisOf(newId());
    await insert(pool(), aChildOf(parent, { cases: [] }));
    await submit(pool(), submissionOf(aSitrep({ parentId: unmet.id })));
    await makeReceiver(pool(), { endpoint: hook.url, subscriptions: ['hardware.**'] });
    await makeAlerts(pool(), 1, 'hardware.fan');
    await dispatchAll(pool());
    await ageDeliveries();
    await makeAlerts(pool(), 2);
    await auditedDaysAgo(pool(), 400);
    await expiredDaysAgo(pool(), 'former', 400);
    await age('fm_sitrep');
    await age('fm_analysis');
    await age('sitrep_submission');
    await configure(pool(), { analysisEnabled: true });

    const before = await tableTexts(pool());
    const dry = await tend(true);
    expect(await tableTexts(pool())).toEqual(before);
    expect(dry.dryRun).toBe(true);
    const foundNone = Object.entries(countsOf(dry)).filter(([, count]) => count === 0);
    expect(foundNone).toEqual([]);
    const real = await tend();
    expect(countsOf(real)).toEqual(countsOf(dry));
    // The signalled lifecycle deletes its sitrep by itself.
    await lifecycleOf(client(), forgotten.id).result();
    await expect.poll(() => statesIn(pool())).toEqual(['delivered']);
    expect(countsOf(await tend())).toEqual(NOTHING);
  });
});

test('[I22] with no history, nothing is found but submissions that were left over', async () => {
  await insert(pool(), aSitrep());
  await age('fm_sitrep');
  expect(countsOf(await tend())).toEqual(NOTHING);
  await submit(pool(), submissionOf(aSitrep()));
  await age('sitrep_submission');
  expect(countsOf(await tend())).toEqual({ ...NOTHING, submissionsDeleted: 1 });
});
