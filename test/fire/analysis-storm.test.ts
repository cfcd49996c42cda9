import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { until } from '../e2e/local-stack.ts';
import { countRows } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { HandWriters } from './analysis/hand-writers.ts';
import { holdUpRendezvous } from './analysis/held-up.ts';
import { expectRightDiagnosis, isQuiet, watch } from './analysis/judgement.ts';
import { aDisk, aPlace, DISKS, nuisances, type Reported } from './analysis/reported.ts';
import { reportAll } from './analysis/reporters.ts';
import type { KillPoint } from './processes/kill-point.ts';
import { ownGround } from './processes/own-ground.ts';
import { PatientClient } from './processes/patient-client.ts';
import { Stage } from './processes/stage.ts';
import { Random } from './random.ts';
import { IS_LONG, underFire } from './under-fire.ts';

const ENGINE = fileURLToPath(new URL('../../examples/engines/rack-door.ts', import.meta.url));
const CLIENTS = 4;
const WRITERS = IS_LONG ? 2 : 1;
/** In each of these new things report, and what closes the cases of those before them arrives. */
const WAVES = IS_LONG ? 4 : 1;
/** Of each kind. */
const THINGS = IS_LONG ? 5 : 2;
const PATIENCE = 200_000;

const ground = ownGround();

underFire(
  '[I12] [I28] [I43] [I44] [I45] [I46] a storm of ereports, while workers are killed and people write sitreps by hand',
  600_000,
  async (seed, tally) => {
    const random = new Random(seed);
    const { bundle, servers } = ground();
    const settings = { SITREP_ENGINES: ENGINE, SITREP_ORPHAN_GRACE_SECONDS: '0' };
    const stage = await Stage.open(servers, { SITREP_FIRE_BUNDLE: bundle.codePath, ...settings }, tally);
    const { pool } = stage;
    await watch(pool);
    // An API may fail to wake the analysis, which then looks by itself.
    await configure(pool, { debounceMs: 0, analysisIntervalSeconds: 2, thresholdRules: [DISKS] });
    let calm = false;
    const doomed = await stage.placeWorker(() => (calm ? null : anyPoint(random)));
    const other = await stage.placeWorker(() => null);
    const api = await stage.placeApi(() => ({ killedAfter: null }));
    const client = new PatientClient(() => api.post.said.url, tally);
    const people = new HandWriters(client, tally);
    const over = new AbortController();
    const busy = Promise.all([
      people.write(WRITERS, over.signal),
      people.deleteAlerts(random, over.signal),
      holdUpRendezvous(pool, random, over.signal),
    ]);
    const failed = Promise.race([stage.failed, busy.then(() => new Promise<never>(() => {}))]);
    failed.catch(() => {});

    const waves = Array.from({ length: WAVES }, () => things(random));
    const attack = async () => {
      let before: Reported[] = [];
      for (const wave of waves) {
        const goal = (await diagnoses(pool)) + 1;
        const ereports = [...before.flatMap(({ last }) => last), ...wave.flatMap((one) => one.ereports)];
        await reportAll(client, ereports, random, CLIENTS);
        await until('diagnosis is current', async () => (await diagnoses(pool)) >= goal, PATIENCE);
        if (random.chance(0.5)) other.post.kill();
        before = wave;
      }
      await reportAll(
        client,
        before.flatMap(({ last }) => last),
        random,
        CLIENTS,
      );
      over.abort();
      await busy;
      calm = true;
      // It is still armed; whoever comes in its place stays.
      doomed.post.kill();
      await until('all has been read, met and seen', () => isQuiet(pool), PATIENCE);
      await expectRightDiagnosis(pool, waves.flat(), people.asked);
    };
    try {
      await Promise.race([attack(), failed]);
    } finally {
      client.giveUp();
      await stage.close();
    }
  },
);

function things(random: Random): Reported[] {
  return Array.from({ length: THINGS }).flatMap(() => [
    aPlace(random),
    aPlace(random),
    aDisk(random),
    ...nuisances(),
  ]);
}

/** Sitreps of the analysis that became current. */
function diagnoses(pool: pg.Pool): Promise<number> {
  return countRows(
    pool,
    `fm_sitrep_history hist JOIN fm_sitrep s ON s.id = hist.sitrep_id WHERE creator = 'diagnosis'`,
  );
}

const ACTIVITIES = ['analyse', 'analyse', 'handOver', 'insertSitrep', 'makeCurrent', 'rendezvous'];
/** Where alerts are made and their ereports not marked yet, which the next sitrep has to make up for. */
const BEFORE_MARKING = { activity: 'rendezvous', statement: 'fm_mark_seen_chunk', step: 1 };

/** A place that a worker comes to sooner or later, most often soon. */
function anyPoint(random: Random): KillPoint {
  const place = random.chance(0.4)
    ? BEFORE_MARKING
    : { activity: random.pick(ACTIVITIES), step: 1 + random.below(6) };
  return { ...place, moment: random.pick(['before', 'uncommitted', 'after']), passes: random.below(4) };
}
