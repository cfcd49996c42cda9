import { fileURLToPath } from 'node:url';
import { until } from '../e2e/local-stack.ts';
import { configure } from '../support/configuration.ts';
import { HandWriters } from './analysis/hand-writers.ts';
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
const WORKERS = 2;
const CLIENTS = 4;
const WRITERS = 2;
/** Of each kind. */
const THINGS = IS_LONG ? 60 : 12;
/** A worker is killed, and replaced, each time that so many more batches have been taken. */
const KILL_EVERY = IS_LONG ? 40 : 12;
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
    await configure(pool, { debounceMs: 50, analysisIntervalSeconds: 2, thresholdRules: [DISKS] });
    let calm = false;
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, () => stage.placeWorker(() => (calm ? null : anyPoint(random)))),
    );
    const api = await stage.placeApi(() => ({ killedAfter: null }));
    const client = new PatientClient(() => api.post.said.url, tally);
    const people = new HandWriters(client, tally);
    const over = new AbortController();
    const busy = Promise.all([people.write(WRITERS, over.signal), people.deleteAlerts(random, over.signal)]);
    const failed = Promise.race([stage.failed, busy.then(() => new Promise<never>(() => {}))]);
    failed.catch(() => {});

    const reported = Array.from({ length: THINGS }).flatMap(() => [
      aPlace(random),
      aDisk(random),
      ...nuisances(),
    ]);
    let batches = 0;
    const onBatch = () => {
      batches += 1;
      if (batches % KILL_EVERY === 0) random.pick(workers).post.kill();
    };
    const sentOf = (which: 'ereports' | 'last') =>
      reported.flatMap((one: Reported) => one[which].map(({ sent }) => sent));
    const attack = async () => {
      await reportAll(client, sentOf('ereports'), random, { clients: CLIENTS, onBatch });
      await reportAll(client, sentOf('last'), random, { clients: CLIENTS, onBatch });
      over.abort();
      await busy;
      calm = true;
      // Those that are still armed go; whoever comes in their place stays.
      for (const { post } of workers) post.kill();
      await until('all has been read, met and seen', () => isQuiet(pool), PATIENCE);
      await expectRightDiagnosis(pool, reported, people.asked);
    };
    try {
      await Promise.race([attack(), failed]);
    } finally {
      client.giveUp();
      await stage.close();
    }
  },
);

const ACTIVITIES = ['analyse', 'analyse', 'handOver', 'insertSitrep', 'makeCurrent', 'rendezvous'];

/** A place that a worker comes to sooner or later, most often soon. */
function anyPoint(random: Random): KillPoint {
  return {
    activity: random.pick(ACTIVITIES),
    step: 1 + random.below(6),
    moment: random.pick(['before', 'uncommitted', 'after']),
    passes: random.below(4),
  };
}
