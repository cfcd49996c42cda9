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
  /** Whether it came to be so only just now, and its lifecycle may still be about to hear of it. */
  isFresh: boolean;
}

/**
 * All sitreps but the head, in pages by id: what is compared with their lifecycles. Fresh are those that have been what
 * they are for less than `patienceSeconds`.
 */
export async function sitrepsToTend(
  pool: pg.Pool,
  keepVersions: number,
  graceSeconds: number,
  afterId: string | null,
  limit: number,
  patienceSeconds = 0,
): Promise<Tended[]> {
  const { rows } = await pool.query<Tended>(
    `SELECT s.id,
            CASE WHEN hist.version <= h.version - greatest($1::bigint, 1) THEN 'released'
                 ELSE ${STATE} END AS state,
            s.time_created < now() - make_interval(secs => $2) AS "graceOver",
            coalesce(s.time_released, next.time_made_current, s.time_created)
              > now() - make_interval(secs => $5) AS "isFresh"
       FROM fm_sitrep_head h
      CROSS JOIN fm_sitrep s
       LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = s.id
       LEFT JOIN fm_sitrep_history next ON next.version = hist.version + 1
      WHERE h.sitrep_id IS NOT NULL AND s.id <> h.sitrep_id AND ($3::uuid IS NULL OR s.id > $3)
      ORDER BY s.id LIMIT $4`,
    [keepVersions, graceSeconds, afterId, limit, patienceSeconds],
  );
  return rows;
}

/** A sitrep that nobody has decided on, or a submission: what its lifecycle begins with. */
export interface Undecided {
  id: string;
  digest: string;
  parentId: string | null;
  creator: string;
}

/** For how long who is undecided is waited for. */
export interface Waiting {
  /** Younger ones may still be on their way. */
  patienceSeconds: number;
  /** Older sitreps, and older submissions, are not waited for any more, but deleted. */
  graceSeconds: number;
  submissionSeconds: number;
}

/** Those that a lifecycle should be working on, in pages by id. */
export async function undecidedSitreps(
  pool: pg.Pool,
  { patienceSeconds, graceSeconds, submissionSeconds }: Waiting,
  afterId: string | null,
  limit: number,
): Promise<Undecided[]> {
  const { rows } = await pool.query<Undecided>(
    `SELECT id, encode(digest, 'hex') AS digest, "parentId", creator
       FROM (SELECT s.id, s.digest, s.parent_sitrep_id AS "parentId", s.creator, s.time_created AS since,
                    -- Nothing is deleted before there is a history.
                    CASE WHEN h.sitrep_id IS NOT NULL THEN $2::double precision END AS seconds
               FROM fm_sitrep_head h
              CROSS JOIN fm_sitrep s
               LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = s.id
              WHERE ${STATE} = 'inserted'
              UNION ALL
             SELECT sub.sitrep_id, sub.digest, sub.parent_sitrep_id, sub.creator, sub.time_submitted, $3
               FROM sitrep_submission sub
              WHERE NOT EXISTS (SELECT FROM fm_sitrep WHERE id = sub.sitrep_id)) AS undecided
      WHERE since <= now() - make_interval(secs => $1)
        AND coalesce(since >= now() - make_interval(secs => seconds), true)
        AND ($4::uuid IS NULL OR id > $4)
      ORDER BY id LIMIT $5`,
    [patienceSeconds, graceSeconds, submissionSeconds, afterId, limit],
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

/** A head that is younger than `patienceSeconds` may still be about to meet what is new in it. */
export async function unmetRequests(
  pool: pg.Pool,
  thorough: boolean,
  limit: number,
  patienceSeconds = 0,
): Promise<Unmet | null> {
  const { rows } = await pool.query<Unmet>(
    `WITH unmet AS (
       SELECT r.id FROM fm_sitrep_head h
         JOIN fm_sitrep_history hist ON hist.sitrep_id = h.sitrep_id
         JOIN fm_rendezvous_progress p ON p.kind = 'alert'
         JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id AND ($1 OR r.generation > p.generation)
        WHERE NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = r.id)
          AND NOT EXISTS (SELECT FROM alert WHERE alert.id = r.id)
          AND (r.generation <= p.generation OR hist.time_made_current <= now() - make_interval(secs => $3)))
     SELECT h.sitrep_id AS "sitrepId", (SELECT count(*) FROM unmet) AS count,
            ARRAY(SELECT id FROM unmet ORDER BY id LIMIT $2) AS ids
       FROM fm_sitrep_head h WHERE h.sitrep_id IS NOT NULL`,
    [thorough, limit, patienceSeconds],
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
