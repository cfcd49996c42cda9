import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lifecycleStanding } from '../../src/activities/lifecycle-standing.ts';
import { tend } from '../../src/api/tend.ts';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { TEND_SCHEDULE } from '../../src/model/lifecycle.ts';
import { receiverWorkflowId } from '../../src/model/receiver-workflow.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { deleteAlert, readAlert } from '../../src/store/alert.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { currentSitrep, readSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { wakeAnalysis } from '../../src/temporal/wake-analysis.ts';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { prepareNamespace } from '../../src/worker/prepare.ts';
import type { RunningWorker } from '../../src/worker/worker.ts';
import { countRows, insert } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { examined, serversOf } from '../support/doctor.ts';
import {
  aCase,
  aChildOf,
  aRequest,
  aSitrep,
  requestIds,
  type Sent,
  submissionOf,
} from '../support/document.ts';
import { taken } from '../support/ereports.ts';
import { Hook } from '../support/hook.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { lifecycleOf, live, startTestWorker } from '../support/lifecycles.ts';
import { dispatchAll, makeAlerts, makeReceiver, statesIn } from '../support/receivers.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

const REMOVED = new URL('../../examples/ereports/psu-remove.json', import.meta.url);
const KEEP = 3;
const ENVIRONMENT = { SITREP_KEEP_VERSIONS: String(KEEP) };

let db: TestDatabase;
let temporal: TestTemporal;
let worker: RunningWorker | null = null;
let hook: Hook;
beforeEach(async () => {
  hook = await Hook.start();
  db = await createDatabase();
  temporal = await connectTemporal();
});
afterEach(async () => {
  await rest();
  await temporal.close();
  await db.drop();
  await hook.stop();
});

const pool = () => db.pool;
const stateOf = async ({ id }: Sent) => (await sitrepState(pool(), id))?.state ?? null;
const doctor = (...options: '--fix'[]) =>
  examined({ ...serversOf(db.url, temporal.namespace), ...ENVIRONMENT }, ...options);

async function work(environment: Record<string, string> = {}): Promise<void> {
  worker = await startTestWorker(pool(), temporal, { ...ENVIRONMENT, ...environment });
}
async function rest(): Promise<void> {
  await worker?.stop();
  worker = null;
}

async function decisionOn(sent: Sent): Promise<string> {
  const [, { kind }] = await live(pool(), temporal.client, sent);
  return kind;
}

/** A child that carries all its parent has, and asks for an alert of its own. */
function aNext(parent: Sent): Sent {
  return aChildOf(parent, { cases: [...parent.cases, aCase({ alertRequests: [aRequest()] })] });
}
const ownRequest = (sent: Sent) => requestIds(sent).at(-1) as string;

/** What a backup has, of a service that was in the middle of something. */
interface Past {
  head: Sent;
  /** Inserted, and not decided. */
  undecided: [Sent, Sent];
  /** Submitted, and not inserted. */
  submitted: Sent;
  receiver: string;
  /** Alerts: told of, and then deleted; told of; on its way; and not told of. */
  deleted: string;
  told: string;
  pending: string;
  untold: string;
}

async function makePast(): Promise<Past> {
  // What is made by hand here shall stay what it is.
  await configure(pool(), { analysisEnabled: false });
  const receiver = await makeReceiver(pool(), { endpoint: hook.url });
  await work();
  let head = aSitrep();
  const deleted = ownRequest(head);
  expect(await decisionOn(head)).toBe('current');
  for (let n = 0; n < KEEP + 1; n++) {
    head = aNext(head);
    expect(await decisionOn(head)).toBe('current');
  }
  await expect.poll(() => statesIn(pool())).toEqual(Array(KEEP + 2).fill('delivered'));
  // What fell out of history is collected.
  await expect.poll(() => countRows(pool(), 'fm_sitrep')).toBe(KEEP);
  await deleteAlert(pool(), deleted);
  await rest();
  const [pending] = await makeAlerts(pool(), 1);
  await dispatchAll(pool());
  const [untold] = await makeAlerts(pool(), 1);
  const undecided: [Sent, Sent] = [aNext(head), aNext(head)];
  for (const sent of undecided) await insert(pool(), sent);
  const submitted = aNext(head);
  await submit(pool(), submissionOf(submitted));
  return {
    head,
    undecided,
    submitted,
    receiver,
    deleted,
    told: ownRequest(head),
    pending: pending as string,
    untold: untold as string,
  };
}

/** Starts workers, lets things come to rest, and goes on as if nothing had been. */
async function goOn({ undecided, submitted, deleted, told, pending, untold }: Past): Promise<void> {
  await work();
  const open = [...undecided, submitted];
  await expect
    .poll(async () => (await Promise.all(open.map(stateOf))).sort())
    .toEqual(['current', 'orphaned', 'orphaned']);
  const current = (await currentSitrep(pool()))?.id;
  const head = open.find(({ id }) => id === current) as Sent;
  await expect.poll(() => hook.ids).toContain(ownRequest(head));
  await expect.poll(() => hook.ids).toEqual(expect.arrayContaining([pending, untold]));
  await checkInvariants(pool(), { keep: KEEP });

  const next = aNext(head);
  expect(await decisionOn(next)).toBe('current');
  await expect.poll(() => hook.ids).toContain(ownRequest(next));

  await configure(pool(), { analysisEnabled: true });
  await writeEreports(pool(), [taken(JSON.parse(await readFile(REMOVED, 'utf8')))]);
  await wakeAnalysis(temporal.client);
  await expect.poll(async () => (await readSitrep(pool(), 'current'))?.creator).toBe('diagnosis');
  // Of what was restored without a lifecycle, nobody else deletes what falls out of history.
  await tend(temporal.client, false);
  await expect.poll(() => statesIn(pool())).not.toContain('pending');
  await rest();

  expect(await readAlert(pool(), deleted)).toBeNull();
  expect(hook.ids.filter((id) => id === told)).toHaveLength(1);
  await checkInvariants(pool(), { keep: KEEP });
  await letPass(pool(), '10 minutes');
  await expect.poll(async () => (await doctor()).found).toEqual({});
}

test('[I2] [I15] an older Postgres under a newer Temporal', { timeout: 120_000 }, async () => {
  const past = await makePast();
  const { head, undecided, submitted, receiver, untold, pending } = past;
  const [becameCurrent, lost] = undecided;
  const backup = await db.backUp();

  // What Temporal remembers, and the backup does not have.
  await work({ SITREP_ORPHAN_GRACE_SECONDS: '0' });
  expect(await decisionOn(becameCurrent)).toBe('current');
  expect(await decisionOn(lost)).toBe('orphaned');
  expect(await lifecycleOf(temporal.client, lost.id).result()).toMatchObject({ was: 'orphaned' });
  await rest();
  await work();
  expect(await decisionOn(submitted)).toBe('orphaned');
  const later = await makeReceiver(pool(), { subscriptions: ['test.quux.bar'] });
  await wakeReceiver(temporal.client, later);
  const newer = [aNext(becameCurrent)];
  while (newer.length < KEEP - 1) newer.push(aNext(newer.at(-1) as Sent));
  for (const sent of newer) expect(await decisionOn(sent)).toBe('current');
  // The head of the backup is history, and gone.
  expect(await lifecycleOf(temporal.client, head.id).result()).toMatchObject({ was: 'released' });
  const alerts = [untold, pending, ...newer.map(ownRequest)];
  await expect.poll(() => hook.ids).toEqual(expect.arrayContaining(alerts));
  const standing = () => lifecycleStanding(temporal.client, receiverWorkflowId(receiver));
  await expect.poll(async () => (await standing()).isBusy).toBe(false);
  await prepareNamespace(temporal.connection, temporal.client, temporal.namespace);
  await temporal.client.schedule.getHandle(TEND_SCHEDULE).pause();
  await rest();

  await backup.restore();
  await letPass(pool(), '10 minutes');
  const sick = {
    lifecyclesAhead: [becameCurrent, submitted, ...newer].map(({ id }) => id).sort(),
    receiversGone: [later],
    receiversWoken: [receiver],
    alertsDispatched: [untold],
    // The others have lifecycles that are open: those that are ahead.
    lifecyclesMissing: [lost.id],
  };
  const before = await tableTexts(pool());
  await expect.poll(async () => (await doctor()).found).toEqual(sick);
  expect((await doctor()).code).toBe(1);
  expect(await tableTexts(pool())).toEqual(before);

  const mended = await doctor('--fix');
  expect(mended.found).toEqual({
    ...sick,
    lifecyclesMissing: [...undecided, submitted].map(({ id }) => id).sort(),
  });
  expect(mended.code).toBe(0);
  expect(await doctor()).toMatchObject({ code: 0, found: {} });

  await goOn(past);
  // Told in a time that the backup does not know, and so once more, under the same id.
  for (const id of [untold, pending]) expect(hook.ids.filter((told) => told === id)).toHaveLength(2);
});

test('[I15] a fresh Temporal under an old Postgres', { timeout: 120_000 }, async () => {
  const past = await makePast();
  const { undecided, submitted, receiver, untold, pending } = past;
  await temporal.close();
  temporal = await connectTemporal({ searchAttributes: false });
  await letPass(pool(), '10 minutes');
  await configure(pool(), { analysisEnabled: true });

  const sick = {
    searchAttributesMissing: Object.values(SEARCH_ATTRIBUTES)
      .map(({ name }) => name)
      .sort(),
    scheduleMissing: [TEND_SCHEDULE],
    receiversAlone: [receiver],
    alertsDispatched: [untold],
    lifecyclesMissing: [...undecided, submitted].map(({ id }) => id).sort(),
    analysisStarted: [ANALYSIS],
  };
  expect(await doctor()).toMatchObject({ code: 1, found: sick });
  expect(await doctor('--fix')).toMatchObject({ code: 0, found: sick });
  await temporal.client.schedule.getHandle(TEND_SCHEDULE).pause();
  expect(await doctor()).toMatchObject({ code: 0, found: {} });

  await goOn(past);
  for (const id of [untold, pending]) expect(hook.ids.filter((told) => told === id)).toHaveLength(1);
});
