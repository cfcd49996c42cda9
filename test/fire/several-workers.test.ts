import { until } from '../e2e/local-stack.ts';
import { expectRightEnd } from './processes/judgement.ts';
import { ownGround } from './processes/own-ground.ts';
import { RacingClients } from './processes/racing-clients.ts';
import { Stage } from './processes/stage.ts';
import { Random } from './random.ts';
import { IS_LONG, underFire } from './under-fire.ts';

const KEEP = 20;
const WORKERS = 4;
const CLIENTS = 16;
/** Sitreps submitted, winners and losers. */
const SITREPS = IS_LONG ? 200 : 60;
/** A worker is killed, and replaced, each time that so many more have been submitted. */
const KILL_EVERY = 25;

const ground = ownGround();

underFire(
  '[I5] [I11] [I12] [I15] [I28] sixteen clients race for the parent, four workers serve them, alerts are deleted meanwhile',
  600_000,
  async (seed, tally) => {
    const random = new Random(seed);
    const { bundle, servers } = ground();
    const settings = { SITREP_KEEP_VERSIONS: String(KEEP), SITREP_ORPHAN_GRACE_SECONDS: '0' };
    const stage = await Stage.open(servers, { SITREP_FIRE_BUNDLE: bundle.codePath, ...settings }, tally);
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => stage.placeWorker(() => null)));
    const api = await stage.placeApi(() => ({ killedAfter: null }));
    const clients = new RacingClients(() => api.post.said.url, tally);
    const over = new AbortController();
    const busy = Promise.all([clients.race(CLIENTS, over.signal), clients.deleteAlerts(random, over.signal)]);
    const failed = Promise.race([stage.failed, busy.then(() => new Promise<never>(() => {}))]);
    failed.catch(() => {});

    const submitAll = async () => {
      for (let goal = KILL_EVERY; goal < SITREPS; goal += KILL_EVERY) {
        await untilSubmitted(clients, goal);
        random.pick(workers).post.kill();
      }
      await untilSubmitted(clients, SITREPS);
      over.abort();
      await busy;
      const { pool, temporal } = stage;
      await expectRightEnd({ pool, client: temporal.client, keep: KEEP }, clients.told);
    };
    try {
      await Promise.race([submitAll(), failed]);
    } finally {
      clients.giveUp();
      await stage.close();
    }
  },
);

function untilSubmitted({ told }: RacingClients, goal: number): Promise<void> {
  return until(`${goal} sitreps are submitted`, () => told.sent.size >= goal, 200_000);
}
