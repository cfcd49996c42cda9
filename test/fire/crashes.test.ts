import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../e2e/local-stack.ts';
import { expectRightEnd } from './processes/judgement.ts';
import type { KillPoint } from './processes/kill-point.ts';
import type { Line } from './processes/line.ts';
import { ownGround } from './processes/own-ground.ts';
import type { OwnServers } from './processes/own-servers.ts';
import { RacingClients } from './processes/racing-clients.ts';
import { type Lines, Stage } from './processes/stage.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { underFire } from './under-fire.ts';

const KEEP = 6;
const CLIENTS = 6;
/** Sitreps that become current between two faults: each time it has recovered. */
const PROGRESS = 2;

const ground = ownGround();

underFire(
  '[I12] [I15] [I28] [I32] workers and the API killed anywhere, Postgres and Temporal crashing, lines cut and stalled',
  600_000,
  async (seed, tally) => {
    const random = new Random(seed);
    const { bundle, servers } = ground();
    const stage = await Stage.open(
      servers,
      {
        SITREP_FIRE_BUNDLE: bundle.codePath,
        SITREP_KEEP_VERSIONS: String(KEEP),
        SITREP_ORPHAN_GRACE_SECONDS: '0',
      },
      tally,
    );
    let calm = false;
    const workers = await Promise.all(
      [1, 2].map(() => stage.placeWorker(() => (calm ? null : anyPoint(random)))),
    );
    const api = await stage.placeApi(() => ({
      killedAfter: !calm && random.chance(0.5) ? 'INSERT INTO sitrep_submission' : null,
      passes: random.below(10),
    }));
    const clients = new RacingClients(() => api.post.said.url, tally);
    const over = new AbortController();
    const busy = Promise.all([clients.race(CLIENTS, over.signal), clients.deleteAlerts(random, over.signal)]);
    const failed = Promise.race([stage.failed, busy.then(() => new Promise<never>(() => {}))]);
    failed.catch(() => {});

    const attack = async () => {
      for (const fault of faults(servers, workers, api, random, tally)) {
        const goal = clients.told.versions.size + PROGRESS;
        await until('sitreps become current', () => clients.told.versions.size >= goal, 200_000);
        await fault();
      }
      calm = true;
      // Those that are still armed go; whoever comes in their place stays.
      for (const { post } of [...workers, api]) post.kill();
      over.abort();
      await busy;
      const { pool, temporal } = stage;
      await expectRightEnd({ pool, client: temporal.client, keep: KEEP }, clients.told);
    };
    try {
      await Promise.race([attack(), failed]);
    } finally {
      clients.giveUp();
      await stage.close();
    }
  },
);

type Fault = () => void | Promise<void>;
type Anybody = Lines & { post: { kill(): void } };

/** Each once, two of those that are cheap, in an order that follows from the seed. */
function faults(
  servers: OwnServers,
  workers: Anybody[],
  api: Anybody,
  random: Random,
  tally: Tally,
): Fault[] {
  const anybody = () => random.pick([...workers, api]);
  const restart = async (crash: Promise<void>) => {
    await crash;
    tally.count('restarts');
  };
  const cut = () => tally.count('cuts', lineOf(anybody(), random).cut());
  const stall = () => hold(anybody(), random, tally);
  return random.shuffled([
    () => random.pick(workers).post.kill(),
    () => api.post.kill(),
    () => restart(servers.crashPostgres()),
    () => restart(servers.crashTemporal()),
    cut,
    cut,
    stall,
    stall,
  ]);
}

function lineOf({ postgres, temporal }: Lines, random: Random): Line {
  return random.pick([postgres, temporal]);
}

/** Long enough for an attempt to be given up, on one of its lines or on both; then all arrives after all. */
async function hold({ postgres, temporal }: Lines, random: Random, tally: Tally): Promise<void> {
  const held = random.pick([[postgres], [temporal], [postgres, temporal]]);
  for (const line of held) line.stall();
  await pause(500 + random.below(3_000));
  for (const line of held) line.resume();
  tally.count('cuts', held.length);
}

const ACTIVITIES = [
  'insertSitrep',
  'insertSitrep',
  'makeCurrent',
  'makeCurrent',
  'rendezvous',
  'collectSitrep',
  'discardSubmission',
];

/** A place that a worker comes to sooner or later, most often soon. */
function anyPoint(random: Random): KillPoint {
  const activity = random.pick(ACTIVITIES);
  return {
    activity,
    step: activity === 'insertSitrep' ? 1 + random.below(3) : 1,
    moment: random.pick(['before', 'uncommitted', 'after']),
    passes: random.below(5),
  };
}
