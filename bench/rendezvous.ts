import type pg from 'pg';
import { rendezvous } from '../src/store/rendezvous.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { commit } from './commit.ts';
import { withDatabase } from './database.ts';
import { documentOf } from './document.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';

/** Requests of which the one-by-one way is measured: it is linear, and slow. */
const ONE_BY_ONE = 5_000;

export const rendezvousCase: BenchCase = {
  name: 'rendezvous',
  title: 'the first rendezvous of a sitrep whose requests are all new',
  async run(ground) {
    return [...(await measure(ground, 10_000, 9, 1.5)), ...(await measure(ground, 100_000, 5, 1.3))];
  },
};

async function measure(ground: Ground, full: number, rounds: number, atMost: number): Promise<Row[]> {
  const requests = ground.scale.rows(full);
  const fewer = Math.min(requests, ground.scale.rows(ONE_BY_ONE));
  return withDatabase(ground.postgresUrl, 'rendezvous', async ({ pool }) => {
    const head = documentOf({ cases: Math.ceil(requests / 10), requests, ereports: 0 }, null);
    await commit(pool, head);
    const prepare = () => forget(pool);
    const { ours, oneByOne, bare } = await interleave(ground.scale.rounds(rounds), {
      ours: { prepare, run: () => rendezvous(pool, head.id) },
      oneByOne: { prepare, run: () => meetOneByOne(pool, head.id, fewer) },
      bare: { prepare, run: () => meetBarely(pool, head.id) },
    });
    const scaled = oneByOne.map((time) => (time / fewer) * requests);
    const what = `${requests.toLocaleString('en')} requests`;
    return [
      comparison(
        { what: `${what}, times as fast as one by one`, samples: scaled },
        { what: 'the rendezvous', samples: ours },
        { atLeast: 20 },
      ),
      comparison(
        { what, samples: ours },
        { what: 'two bare INSERT … SELECT, no guards', samples: bare },
        { atMost },
      ),
    ];
  });
}

/** As if nothing had been met yet. */
async function forget(pool: pg.Pool): Promise<void> {
  await pool.query('TRUNCATE alert, rendezvous_alert_created');
  await pool.query(`UPDATE fm_rendezvous_progress SET generation = 0 WHERE kind = 'alert'`);
  await pool.query('CHECKPOINT');
}

/** What the origin of this design does: one statement for each alert that checks everything and writes both rows. */
async function meetOneByOne(pool: pg.Pool, sitrepId: string, limit: number): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query(
      `SELECT id, alert_class, alert_version, payload::text, case_id, generation
         FROM fm_alert_request WHERE sitrep_id = $1 ORDER BY id LIMIT $2`,
      [sitrepId, limit],
    );
    for (const row of rows) {
      await client.query({
        name: 'one-by-one',
        text: GUARDED_INSERT,
        values: [
          row.id,
          row.alert_class,
          row.alert_version,
          row.payload,
          row.case_id,
          row.generation,
          sitrepId,
        ],
      });
    }
  } finally {
    client.release();
  }
}

const GUARDED_INSERT = `
  WITH latest AS MATERIALIZED (
    SELECT sitrep_id FROM fm_sitrep_history ORDER BY version DESC LIMIT 1
  ), stale_guard AS MATERIALIZED (
    SELECT CAST(CASE WHEN s.alert_generation = $6 THEN 'true' ELSE 'stale generation' END AS boolean) AS ok
      FROM fm_sitrep s JOIN latest l ON l.sitrep_id = s.id
  ), marker_guard AS MATERIALIZED (
    SELECT CAST(CASE WHEN NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = $1)
                     THEN 'true' ELSE 'marker exists' END AS boolean) AS ok
  ), made AS (
    INSERT INTO alert (id, class, version, payload, case_id, requested_sitrep_id)
    SELECT $1, $2, $3, $4::jsonb, $5, $7 FROM stale_guard s, marker_guard m WHERE s.ok AND m.ok
    ON CONFLICT DO NOTHING
    RETURNING id
  ), marker AS (
    INSERT INTO rendezvous_alert_created (alert_id, sitrep_id)
    SELECT $1, $7 WHERE EXISTS (SELECT FROM made)
    ON CONFLICT DO NOTHING
    RETURNING alert_id
  )
  SELECT id FROM made`;

/** What no rendezvous can be faster than: the same rows into the same tables, and nothing looked at. */
async function meetBarely(pool: pg.Pool, sitrepId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO alert (id, class, version, payload, case_id, requested_sitrep_id)
       SELECT id, alert_class, alert_version, payload, case_id, requested_sitrep_id
         FROM fm_alert_request WHERE sitrep_id = $1`,
      [sitrepId],
    );
    await client.query(
      `INSERT INTO rendezvous_alert_created (alert_id, sitrep_id)
       SELECT id, $1 FROM fm_alert_request WHERE sitrep_id = $1`,
      [sitrepId],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
