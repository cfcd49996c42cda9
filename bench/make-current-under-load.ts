import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { makeCurrent } from '../src/store/make-current.ts';
import { AFTER_WHAT_IS_MET, rendezvous } from '../src/store/rendezvous.ts';
import type { BenchCase, Ground } from './case.ts';
import { commit, KEEP_ALL } from './commit.ts';
import { withDatabase } from './database.ts';
import { documentOf } from './document.ts';
import { timed } from './interleave.ts';
import { comparison, figure } from './row.ts';
import { writeSitrep } from './small-sitrep.ts';
import { quantile } from './statistics.ts';

/** Commits of which one 99th percentile is taken. */
const COMMITS = 100;
/** How long the rendezvous has been running when a commit comes: any time within a chunk or two. */
const LONGEST_PAUSE = 30;

export const makeCurrentUnderLoadCase: BenchCase = {
  name: 'make-current-under-load',
  title: 'making a sitrep current in the middle of a large rendezvous',
  run: (ground) => withDatabase(ground.postgresUrl, 'load', ({ pool }) => measure(ground, pool)),
};

async function measure({ scale }: Ground, pool: pg.Pool) {
  const requests = scale.rows(100_000);
  const head = documentOf({ cases: Math.ceil(requests / 10), requests, ereports: 0 }, null);
  await commit(pool, head);
  const successor = await writeSitrep(pool, head.id);
  const commits = scale.rounds(COMMITS);
  const slowest: number[] = [];
  const chunks: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < scale.rounds(5); round++) {
    const chunkTimes: number[] = [];
    const waits: number[] = [];
    await recycleLog(pool, scale.rows(400));
    for (let n = 0; n < commits; n++) {
      alone.push(await timed(() => makeCurrent(pool, successor, head.id, KEEP_ALL)));
      await stepBack(pool, head.id);
      const running = reconcile(pool, head.id, chunkTimes);
      await pause(((n % 10) / 10) * LONGEST_PAUSE);
      waits.push(await timed(() => makeCurrent(pool, successor, head.id, KEEP_ALL)));
      await running;
      await stepBack(pool, head.id);
    }
    slowest.push(quantile(waits, 0.99));
    chunks.push(quantile(chunkTimes, 0.5));
  }
  return [
    comparison(
      {
        what: `99th percentile of ${commits} commits, each in a rendezvous of ${requests.toLocaleString('en')} requests`,
        samples: slowest,
      },
      { what: 'one chunk of that rendezvous', samples: chunks },
      { atMost: 2 },
    ),
    figure({ what: 'a commit while nothing else runs', samples: alone }, null),
  ];
}

/**
 * Leaves so many megabytes of Postgres's log to be written over, as a server has that has been running for a while. In a
 * new one every eighth commit or so waits until another 16 MB have been filled with zeros.
 */
async function recycleLog(pool: pg.Pool, megabytes: number): Promise<void> {
  await pool.query(
    `SELECT pg_logical_emit_message(false, 'bench', repeat(' ', 1024 * 1024)) FROM generate_series(1, $1::int)`,
    [megabytes],
  );
  await pool.query('CHECKPOINT');
}

/** Runs the rendezvous until the commit has made it stale. */
async function reconcile(pool: pg.Pool, sitrepId: string, chunkTimes: number[]): Promise<void> {
  let last = performance.now();
  const { kind } = await rendezvous(pool, sitrepId, AFTER_WHAT_IS_MET, () => {
    const now = performance.now();
    chunkTimes.push(now - last);
    last = now;
  });
  // So near to the end that the next one would have nothing to do.
  if (kind === 'met') chunkTimes.push(performance.now() - last);
}

/** As if only the first sitrep had been made current, and nothing been met. */
async function stepBack(pool: pg.Pool, headId: string): Promise<void> {
  await pool.query('DELETE FROM fm_sitrep_history WHERE version > 1');
  await pool.query('UPDATE fm_sitrep_head SET version = 1, sitrep_id = $1, alert_generation = 1', [headId]);
  await pool.query('TRUNCATE alert, rendezvous_alert_created');
  await pool.query(`UPDATE fm_rendezvous_progress SET generation = 0 WHERE kind = 'alert'`);
}
