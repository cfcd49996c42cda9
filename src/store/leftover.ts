import type pg from 'pg';
import type { StoredState } from '../model/lifecycle.ts';
import { STATE } from './sitrep-read.ts';

/** A sitrep that an open lifecycle may have missed a signal for, or that nobody may ever delete. */
export interface Tended {
  id: string;
  /** Counts as released also while a prune is due that would release it. */
  state: StoredState;
  /** Whether its grace period is over; matters to those that never were current. */
  graceOver: boolean;
}

/** All sitreps but the head, in pages by id: what `tend` compares with their lifecycles. */
export async function sitrepsToTend(
  pool: pg.Pool,
  keepVersions: number,
  graceSeconds: number,
  afterId: string | null,
  limit: number,
): Promise<Tended[]> {
  const { rows } = await pool.query<Tended>(
    `SELECT s.id,
            CASE WHEN hist.version <= h.version - greatest($1::bigint, 1) THEN 'released'
                 ELSE ${STATE} END AS state,
            s.time_created < now() - make_interval(secs => $2) AS "graceOver"
       FROM fm_sitrep_head h
      CROSS JOIN fm_sitrep s
       LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = s.id
      WHERE h.sitrep_id IS NOT NULL AND s.id <> h.sitrep_id AND ($3::uuid IS NULL OR s.id > $3)
      ORDER BY s.id LIMIT $4`,
    [keepVersions, graceSeconds, afterId, limit],
  );
  return rows;
}

export interface OldSubmission {
  id: string;
  digest: string;
  timeSubmitted: string;
  sitrepExists: boolean;
}

/** Submissions that have waited for longer than `seconds`, oldest first, in pages. */
export async function oldSubmissions(
  pool: pg.Pool,
  seconds: number,
  after: OldSubmission | null,
  limit: number,
): Promise<OldSubmission[]> {
  const { rows } = await pool.query<OldSubmission>(
    `SELECT sub.sitrep_id AS id, encode(sub.digest, 'hex') AS digest,
            sub.time_submitted::text AS "timeSubmitted",
            EXISTS (SELECT FROM fm_sitrep WHERE id = sub.sitrep_id) AS "sitrepExists"
       FROM sitrep_submission sub
      WHERE sub.time_submitted < now() - make_interval(secs => $1)
        AND ($2::timestamptz IS NULL OR (sub.time_submitted, sub.sitrep_id) > ($2, $3::uuid))
      ORDER BY sub.time_submitted, sub.sitrep_id LIMIT $4`,
    [seconds, after?.timeSubmitted ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** Deletes a submission unless it was submitted again since it was seen; the record of its analysis goes with it. */
export async function deleteOldSubmission(pool: pg.Pool, seen: OldSubmission): Promise<boolean> {
  const { rows } = await pool.query<{ gone: boolean }>(
    `WITH gone AS (
       DELETE FROM sitrep_submission WHERE sitrep_id = $1 AND time_submitted = $2::timestamptz RETURNING sitrep_id
     ), record_gone AS (
       DELETE FROM fm_analysis WHERE sitrep_id IN (SELECT sitrep_id FROM gone)
          AND NOT EXISTS (SELECT FROM fm_sitrep WHERE id = fm_analysis.sitrep_id)
     )
     SELECT EXISTS (SELECT FROM gone) AS gone`,
    [seen.id, seen.timeSubmitted],
  );
  return rows[0]?.gone ?? false;
}

/** The head, and which of its requests beyond what is remembered as met have caused no alert. */
export interface Unmet {
  sitrepId: string;
  count: number;
  ids: string[];
}

export async function unmetRequests(pool: pg.Pool, thorough: boolean, limit: number): Promise<Unmet | null> {
  const { rows } = await pool.query<Unmet>(
    `WITH unmet AS (
       SELECT r.id FROM fm_sitrep_head h
         JOIN fm_rendezvous_progress p ON p.kind = 'alert'
         JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id AND ($1 OR r.generation > p.generation)
        WHERE NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = r.id)
          AND NOT EXISTS (SELECT FROM alert WHERE alert.id = r.id))
     SELECT h.sitrep_id AS "sitrepId", (SELECT count(*) FROM unmet) AS count,
            ARRAY(SELECT id FROM unmet ORDER BY id LIMIT $2) AS ids
       FROM fm_sitrep_head h WHERE h.sitrep_id IS NOT NULL`,
    [thorough, limit],
  );
  return rows[0] ?? null;
}

/** Whether a day has passed since all requests of the head were looked at, whatever was remembered. */
export async function verificationDue(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ due: boolean }>(
    `SELECT coalesce(time_verified < now() - interval '1 day', true) AS due
       FROM fm_rendezvous_progress WHERE kind = 'alert'`,
  );
  return rows[0]?.due ?? true;
}

export async function recordVerification(pool: pg.Pool): Promise<void> {
  await pool.query(`UPDATE fm_rendezvous_progress SET time_verified = now() WHERE kind = 'alert'`);
}
