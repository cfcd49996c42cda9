import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANALYSIS, WAKE_ANALYSIS_SIGNAL } from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import { TASK_QUEUE, TEND } from '../../src/model/lifecycle.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { workflowStanding } from '../../src/temporal/call.ts';
import { until } from '../e2e/local-stack.ts';
import { keepAnalysis } from '../support/analysis.ts';
import { commit, countRows } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { aCase, aRequest, aSitrep } from '../support/document.ts';
import { ereportsOf, taken } from '../support/ereports.ts';
import { expectRightDiagnosis, isQuiet, watch } from './analysis/judgement.ts';
import { aDisk, aPlace, DISKS, nuisances, type Reported } from './analysis/reported.ts';
import { type Bundle, bundleImpatiently } from './processes/impatient-bundle.ts';
import { at, type KillPoint } from './processes/kill-point.ts';
import { TASK_TIMEOUT } from './processes/story.ts';
import { Succession } from './processes/succession.ts';
import { World } from './processes/world.ts';
import { Random } from './random.ts';

// As in kill-points.test.ts, for the way from an ereport to what is believed of it. Nothing but what Temporal remembers
// makes up for a death: the analysis looks by itself once a day, and tend is not there.

const ENGINE = fileURLToPath(new URL('../../examples/engines/rack-door.ts', import.meta.url));
const PATIENCE = 200_000;
const READS = { statement: 'BEGIN' };
const SETS_ASIDE = { statement: 'SET set_aside' };
const MARKS = { statement: 'fm_mark_seen_chunk' };
const CONFIGURED = { statement: 'FROM configuration' };

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleImpatiently();
}, 180_000);
afterAll(() => bundle.discard());

describe.concurrent('[I28] [I43] [I44] a worker killed', { timeout: 300_000 }, () => {
  test('while an analysis reads, and lays down what it made', () =>
    tellUnderFire(everything, [
      ...at('analyse', 1, ['before']),
      ...at('analyse', 1, ['after'], READS),
      ...at('analyse', 2, ['before', 'uncommitted', 'after'], READS),
    ]));

  test('while an analysis sets aside what no engine understood', () =>
    tellUnderFire(everything, at('analyse', 1, ['before', 'uncommitted', 'after'], SETS_ASIDE)));

  test('while an analysis sets aside all that it read', () =>
    tellUnderFire(nothing, at('analyse', 1, ['before', 'uncommitted', 'after'], SETS_ASIDE)));

  test('while the sitrep of an analysis is inserted and decided, which the analysis waits for', () =>
    tellUnderFire(everything, [
      ...at('insertSitrep', 3, ['before', 'uncommitted', 'after']),
      ...at('makeCurrent', 1, ['before', 'uncommitted', 'after']),
    ]));

  test('when that is decided, and while what needs no case is set aside', () =>
    tellUnderFire(everything, [
      ...at('handOver', 1, ['before', 'after'], { statement: 'AS ignored' }),
      ...at('handOver', 1, ['before', 'uncommitted', 'after'], SETS_ASIDE),
    ]));

  test('while a rendezvous marks ereports, and before it calls the analysis', () =>
    tellUnderFire(everything, [
      ...at('rendezvous', 1, ['before', 'uncommitted', 'after'], MARKS),
      ...at('rendezvous', 1, ['before', 'after'], CONFIGURED),
    ]));

  test('while tend marks ereports, and looks after the analysis', () =>
    tellUnderFire(forgotten, [
      ...at('reconcileHead', 1, ['before', 'uncommitted', 'after'], MARKS),
      ...at('lookAfterAnalysis', 1, ['before', 'uncommitted', 'after'], {
        statement: 'DELETE FROM fm_analysis',
      }),
      ...at('lookAfterAnalysis', 1, ['before', 'after'], CONFIGURED),
    ]));
});

/** What is reported, and the alerts that people asked for; once it is all over. */
interface Told {
  reported: Reported[];
  byHand?: string[];
}
type Story = (world: World) => Promise<Told>;

/** Whatever there is to report: what closes cases comes when all else is seen. */
async function everything(world: World): Promise<Told> {
  const random = new Random(7480);
  const reported = [
    ...Array.from({ length: 12 }, () => aPlace(random)),
    ...Array.from({ length: 6 }, () => aDisk(random)),
  ];
  const more: Reported[] = [];
  for (const which of ['ereports', 'last'] as const) {
    const some = nuisances();
    more.push(...some);
    const sent = [...reported.flatMap((one) => one[which]), ...some.flatMap((one) => one.ereports)];
    await report(world, sent);
    await until(`${which} have been read, met and seen`, () => isQuiet(world.db.pool), PATIENCE);
  }
  return { reported: [...reported, ...more] };
}

/** Nothing of it makes a difference. Whoever sets the first of it aside may die of that; somebody else reads the rest. */
async function nothing(world: World): Promise<Told> {
  const batches = [nuisances(), nuisances()];
  for (const batch of batches) {
    await report(
      world,
      batch.flatMap(({ ereports }) => ereports),
    );
    await until('all has been read', () => isQuiet(world.db.pool), PATIENCE);
  }
  return { reported: batches.flat() };
}

/** A head whose lifecycle is gone, the record of an analysis that came to nothing, and no analysis. */
async function forgotten({ db: { pool }, temporal: { client } }: World): Promise<Told> {
  const sent = ereportsOf(newId(), 5);
  await writeEreports(pool, sent.map(taken));
  const request = aRequest();
  const ereports = sent.map(({ restartId, ena }) => ({ restartId, ena }));
  const cases = [aCase({ engine: 'by hand', ereports, alertRequests: [request] })];
  await commit(pool, aSitrep({ cases }));
  await keepAnalysis(pool, newId());
  await pool.query(`UPDATE fm_analysis SET time_created = now() - interval '2 hours'`);
  await client.workflow.execute(TEND, {
    workflowId: TEND,
    taskQueue: TASK_QUEUE,
    args: [{ dryRun: false }],
    workflowTaskTimeout: TASK_TIMEOUT,
  });
  expect(await countRows(pool, 'fm_analysis'), 'records of what came to nothing').toBe(0);
  expect(await workflowStanding(client, ANALYSIS)).toBe('open');
  const all = sent.map((one) => ({ sent: one, end: 'seen' as const }));
  return { reported: [{ ereports: all, last: [], open: null, alerts: [] }], byHand: [request.id] };
}

async function report(
  { db: { pool }, temporal: { client } }: World,
  ereports: Reported['ereports'],
): Promise<void> {
  await writeEreports(
    pool,
    ereports.map(({ sent }) => taken(sent)),
  );
  await client.workflow.signalWithStart(ANALYSIS, {
    workflowId: ANALYSIS,
    taskQueue: TASK_QUEUE,
    args: [],
    signal: WAKE_ANALYSIS_SIGNAL,
    workflowTaskTimeout: TASK_TIMEOUT,
  });
}

async function tellUnderFire(story: Story, points: KillPoint[]): Promise<void> {
  const world = await World.open(bundle.codePath, { SITREP_ENGINES: ENGINE });
  const { pool } = world.db;
  await watch(pool);
  await configure(pool, { debounceMs: 0, analysisIntervalSeconds: 86_400, thresholdRules: [DISKS] });
  const dying = new Succession(world, points);
  try {
    const { reported, byHand } = await Promise.race([story(world), dying.failed]);
    await dying.expectEnded();
    await expectRightDiagnosis(pool, reported, byHand);
  } finally {
    await world.close();
  }
}
