import type pg from 'pg';
import type { SitrepDocument } from '../src/model/sitrep.ts';
import { rendezvous } from '../src/store/rendezvous.ts';
import type { BenchCase, Ground } from './case.ts';
import { commit } from './commit.ts';
import { withDatabase } from './database.ts';
import { childOf, documentOf } from './document.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';

const NEW = 10;

export const carriedCase: BenchCase = {
  name: 'carried',
  title: 'the rendezvous of a child that carries on much and asks for little more',
  run: (ground) =>
    withDatabase(ground.postgresUrl, 'carried', (large) =>
      withDatabase(ground.postgresUrl, 'alone', (small) => measure(ground, large.pool, small.pool)),
    ),
};

async function measure({ scale }: Ground, large: pg.Pool, small: pg.Pool) {
  const carried = scale.rows(100_000);
  const child = await childThatAsksForMore(large, carried);
  const alone = await childThatAsksForMore(small, 0);
  const times = await interleave(scale.rounds(50), {
    carried: { prepare: () => forgetNew(large, child), run: () => rendezvous(large, child) },
    alone: { prepare: () => forgetNew(small, alone), run: () => rendezvous(small, alone) },
  });
  const what = `${carried.toLocaleString('en')} requests carried, and ${NEW} new ones`;
  return [
    comparison(
      { what, samples: times.carried },
      { what: `${NEW} new ones alone`, samples: times.alone },
      { atMost: 2 },
    ),
  ];
}

/** The id of a current sitrep whose parent's requests are met, and its own new ones are not. */
async function childThatAsksForMore(pool: pg.Pool, carried: number): Promise<string> {
  const size = { cases: Math.ceil(carried / 10), requests: carried, ereports: 0 };
  const parent: SitrepDocument = documentOf(size, null);
  await commit(pool, parent);
  await rendezvous(pool, parent.id);
  const child = childOf(parent, NEW);
  await commit(pool, child);
  return child.id;
}

/** As if the new ones had not been met yet. */
async function forgetNew(pool: pg.Pool, sitrepId: string): Promise<void> {
  await pool.query(
    'DELETE FROM alert a USING rendezvous_alert_created m WHERE m.sitrep_id = $1 AND a.id = m.alert_id',
    [sitrepId],
  );
  await pool.query('DELETE FROM rendezvous_alert_created WHERE sitrep_id = $1', [sitrepId]);
  await pool.query(`UPDATE fm_rendezvous_progress SET generation = 1 WHERE kind = 'alert'`);
}
