import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lifecycleStanding } from '../../src/activities/lifecycle-standing.ts';
import { endLifecyclesAhead } from '../../src/doctor/lifecycles-ahead.ts';
import { LIFECYCLE, TASK_QUEUE, TEND_SCHEDULE, workflowIdOf } from '../../src/model/lifecycle.ts';
import { readSettings } from '../../src/model/settings.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { startUndecided } from '../../src/temporal/lifecycle-start.ts';
import { prepareNamespace } from '../../src/worker/prepare.ts';
import type { RunningWorker } from '../../src/worker/worker.ts';
import { sitrep } from '../cli/captured.ts';
import { commit, commitAndMeet, countRows, insert } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { examined, serversOf } from '../support/doctor.ts';
import { aChildOf, aSitrep, requestIds, type Sent, submissionOf } from '../support/document.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { lifecycleOf, live, startOf, startTestWorker } from '../support/lifecycles.ts';
import { migrationNames, migrationsOfRelease } from '../support/migrations.ts';
import { dispatchAll, makeAlerts, makeReceiver } from '../support/receivers.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

let db: TestDatabase;
let temporal: TestTemporal;
let worker: RunningWorker | null = null;
beforeEach(async () => {
  db = await createDatabase();
  temporal = await connectTemporal();
  await configure(pool(), { analysisEnabled: false });
  await prepareNamespace(temporal.connection, temporal.client, temporal.namespace);
  await temporal.client.schedule.getHandle(TEND_SCHEDULE).pause('the test says when');
});
afterEach(async () => {
  await rest();
  await temporal.close();
  await db.drop();
});

const pool = () => db.pool;
const env = () => serversOf(db.url, temporal.namespace);
const doctor = (...options: '--fix'[]) => examined(env(), ...options);
const inWords = (...options: '--fix'[]) => sitrep(['doctor', ...options], { env: env() });

async function work(): Promise<void> {
  worker = await startTestWorker(pool(), temporal);
}
async function rest(): Promise<void> {
  await worker?.stop();
  worker = null;
}

describe('a Sitrep that is well', () => {
  test('at rest: nothing is found, and it says so', async () => {
    await work();
    const first = aSitrep();
    await live(pool(), temporal.client, first);
    await live(pool(), temporal.client, aChildOf(first));
    await letPass(pool(), '10 minutes');
    await expect.poll(async () => (await doctor()).found).toEqual({});
    expect(await inWords()).toEqual({
      code: 0,
      out: 'All is well: Postgres and Temporal agree.\n',
      err: '',
    });
  });

  test('at work: what is on its way is nothing to be found', async () => {
    const head = aSitrep({}, 2);
    await commit(pool(), head);
    await makeAlerts(pool(), 1);
    await insert(pool(), aChildOf(head));
    await submit(pool(), submissionOf(aChildOf(head)));
    expect(await doctor()).toMatchObject({ code: 0, found: {} });
    await letPass(pool(), '10 minutes');
    expect(Object.keys((await doctor()).found)).toEqual([
      'alertsMade',
      'alertsDispatched',
      'lifecyclesMissing',
    ]);
  });
});

test('a lifecycle that missed a signal is signalled, and is no finding while nobody can have heard of it', async () => {
  await work();
  const first = aSitrep();
  await live(pool(), temporal.client, first);
  await expect.poll(() => waits(first)).toBe(true);
  await rest();
  // Not by its lifecycle, which would have sent the signal.
  await commitAndMeet(pool(), aChildOf(first));
  await dispatchAll(pool());
  expect((await doctor()).found).toEqual({});
  await letPass(pool(), '10 minutes');
  expect((await doctor('--fix')).found).toEqual({ signalsSent: [first.id] });
  // No worker has taken it up.
  expect((await doctor()).found).toEqual({});
  await work();
  await expect.poll(() => shownState(first)).toBe('superseded');
});

/** A head that nobody met, a version too many, an orphan of long ago, a submission nobody wants, receivers nobody serves. */
async function neglect(): Promise<{ head: Sent; orphan: Sent; undecided: Sent; receiver: string }> {
  const first = aSitrep();
  const head = aChildOf(first, { cases: aSitrep({}, 3).cases });
  const orphan = aChildOf(first);
  await commitAndMeet(pool(), first);
  await insert(pool(), orphan);
  await commit(pool(), head);
  const receiver = await makeReceiver(pool());
  await letPass(pool(), '2 hours');
  const undecided = aChildOf(head);
  await insert(pool(), undecided);
  await letPass(pool(), '10 minutes');
  return { head, orphan, undecided, receiver };
}

test('what was neglected is told in words, and nothing is written before it is to be mended', async () => {
  const { head, orphan, undecided } = await neglect();
  const before = await tableTexts(pool());
  const { code, out, err } = await inWords();
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(await tableTexts(pool())).toEqual(before);
  expect(out).toContain('3  requests of the head that had caused no alert yet\n');
  for (const id of requestIds(head)) expect(out).toContain(`  ${id}\n`);
  expect(out).toContain('  --fix makes these alerts.\n');
  expect(out).toContain(`1  sitreps that no open lifecycle will delete\n  ${orphan.id}\n`);
  expect(out).toContain(`1  sitreps that are not decided, and have no open lifecycle\n  ${undecided.id}\n`);
  expect(out).toMatch(/Found 4 kinds of faults. `sitrep doctor --fix` mends what it says.\n$/);
});

test('[I12] two doctors beside a worker mend it together, and a third one finds nothing', async () => {
  const { head, undecided } = await neglect();
  await work();
  const codes = (await Promise.all([doctor('--fix'), doctor('--fix')])).map(({ code }) => code);
  expect(codes).toEqual([0, 0]);
  expect(await doctor()).toMatchObject({ code: 0, found: {} });
  await expect.poll(async () => (await sitrepState(pool(), undecided.id))?.state).toBe('current');
  // Those of the head, and of the one before it.
  expect(await countRows(pool(), 'alert')).toBe(requestIds(head).length + 1);
  await checkInvariants(pool());
});

test('of many that are found some are named, and the others counted', async () => {
  await commit(pool(), aSitrep({}, 150));
  await letPass(pool(), '10 minutes');
  const [found] = (await doctor()).report.findings;
  expect(found).toMatchObject({ kind: 'alertsMade', count: 150, ids: { length: 100 } });
  expect((await inWords()).out).toContain('  and 145 more\n');
});

test('an alert that cannot be dispatched is named, and the doctor does not call that mended', async () => {
  const receiver = await makeReceiver(pool());
  await pool().query(`UPDATE receiver_subscription SET regex = '(' WHERE receiver_id = $1`, [receiver]);
  const [alert] = await makeAlerts(pool(), 1);
  await letPass(pool(), '10 minutes');
  const { code, out } = await inWords('--fix');
  expect(code).toBe(1);
  expect(out).toContain(`Not mended: The alert ${alert} cannot be dispatched:`);
  expect(out).toMatch(/not all could be mended/);
});

test('secrets that were sealed under another key are found, and only the key can mend that', async () => {
  const receiver = await makeReceiver(pool());
  const withKey = (byte: string) => ({
    ...env(),
    SITREP_SECRET_KEY: Buffer.alloc(32, byte).toString('base64'),
  });
  expect((await examined(withKey('test'))).found).toEqual({});
  expect((await examined(withKey('other'))).found).toEqual({ secretsUnopened: [receiver] });
  const { code, out } = await sitrep(['doctor', '--fix'], { env: withKey('other') });
  expect(code).toBe(1);
  expect(out).toMatch(/Not mended: only the key can open them .* rotate-secret --keep 0s/);
});

test('without the key it says that secrets were not looked at, and does not call that well', async () => {
  const { SITREP_SECRET_KEY: _, ...keyless } = env();
  expect((await examined(keyless)).code).toBe(0);
  await makeReceiver(pool());
  const { code, out } = await sitrep(['doctor'], { env: keyless });
  expect(code).toBe(1);
  expect(out).toMatch(/not looked at: SITREP_SECRET_KEY is not set/);
  expect(out).not.toMatch(/All is well/);
});

test('[I27] a lifecycle that becomes current while it is looked at is left alone', async () => {
  const sent = aSitrep();
  await insert(pool(), sent);
  await startUndecided(temporal.client, startOf(submissionOf(sent)));
  const { connection, client, namespace } = temporal;
  await expect.poll(() => listed(sent)).toBe(true);
  // The tables are asked, and only then does a worker come.
  const late = Object.create(pool(), {
    query: {
      value: async (text: string, values: unknown[]) => {
        const answer = await pool().query(text, values);
        if (!worker) {
          await work();
          await expect.poll(() => shownState(sent)).toBe('current');
        }
        return answer;
      },
    },
  });
  const patient = {
    databaseUrl: db.url,
    pool: late,
    connection,
    client,
    namespace,
    settings: readSettings({}),
    secrets: null,
  };
  expect(await endLifecyclesAhead(patient, false)).toEqual({ count: 0, ids: [] });
  expect((await lifecycleOf(client, sent.id).describe()).status.name).toBe('RUNNING');
});

async function shownState({ id }: Sent): Promise<unknown> {
  const { searchAttributes } = await lifecycleOf(temporal.client, id).describe();
  return searchAttributes.SitrepState?.[0];
}

/** Whether it has done all there is to do as the current one. */
async function waits(sent: Sent): Promise<boolean> {
  const { isBusy, state } = await lifecycleStanding(temporal.client, workflowIdOf(sent.id));
  return !isBusy && state === 'current';
}

/** Whether visibility knows of it. */
async function listed({ id }: Sent): Promise<boolean> {
  const { count } = await temporal.client.workflow.count(`WorkflowId = '${workflowIdOf(id)}'`);
  return count > 0;
}

test('a workflow whose id is no sitrep is passed over', async () => {
  await temporal.client.workflow.start(LIFECYCLE, {
    workflowId: workflowIdOf('of somebody else'),
    taskQueue: `${TASK_QUEUE} of nobody`,
    args: [{ sitrepId: 'of somebody else', digest: '' }],
  });
  const count = () => temporal.client.workflow.count(`WorkflowType = '${LIFECYCLE}'`);
  await expect.poll(async () => (await count()).count).toBe(1);
  expect(await doctor('--fix')).toMatchObject({ code: 0, found: {} });
});

describe('a database with another schema', () => {
  test('an older one is told, migrated by --fix, and then compared', async () => {
    const folders = await mkdtemp(join(tmpdir(), 'sitrep-doctor-'));
    try {
      const names = await migrationNames();
      const release = names.length - 1;
      await pool().query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      await migrate(db.url, { folder: await migrationsOfRelease(folders, release) });
      const { code, found, report } = await doctor();
      expect({ code, found }).toEqual({ code: 1, found: { migrationsMissing: names.slice(release) } });
      expect(report.incomplete).toMatch(/cannot be compared/);
      expect(await doctor('--fix')).toMatchObject({ code: 0, report: { incomplete: null } });
      expect(await doctor()).toMatchObject({ code: 0, found: {} });
    } finally {
      await rm(folders, { recursive: true });
    }
  });

  test('a newer one is refused', async () => {
    await pool().query(`INSERT INTO sitrep_migration (number, name, digest)
                        VALUES (9000, '9000_next.sql', ''), (9001, '9001_after_next.sql', '')`);
    const { code, out, err } = await inWords('--fix');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/The database has another schema\n.*Update Sitrep/);
  });
});

describe('what is not there is named, with what to do', () => {
  test.each([
    ['DATABASE_URL is not set', () => ({ DATABASE_URL: '' })],
    ['The environment names no Temporal server', () => ({ TEMPORAL_ADDRESS: '' })],
    ['The database cannot be used', () => ({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })],
    ['Temporal has no namespace nowhere', () => ({ TEMPORAL_NAMESPACE: 'nowhere' })],
  ])('%s', async (title, but) => {
    const { code, out, err } = await sitrep(['doctor'], { env: { ...env(), ...but() } });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(title);
  });
});
