import type pg from 'pg';
import type { Submission } from '../model/submission.ts';
import type { EreportKey } from './ereport-read.ts';
import { digestOfSitrep, discardSubmission, keepWaiting, writeSubmission } from './submission.ts';
import { transaction } from './transaction.ts';

/** What an analysis saw, and why it did what it did; plain JSON, as src/diagnosis has it. */
export interface AnalysisRecord {
  inputs: object;
  report: object;
}

/**
 * Lays what an analysis made ready for its lifecycle's insert, and its record beside it, and returns the digest of what
 * stands under its id. The same once more changes nothing, however late: its id follows from its inputs, so it is the same
 * document. Unless an engine failed in one attempt that did not in the other, say, was cut off: then the first stands.
 */
export async function submitAnalysis(
  pool: pg.Pool,
  submission: Submission,
  { inputs, report }: AnalysisRecord,
): Promise<string> {
  const { document, digest } = submission;
  const before = await digestOfSitrep(pool, document.id);
  if (before !== null) return before;
  const waiting = await transaction(pool, async (client) => {
    await client.query(
      'INSERT INTO fm_analysis (sitrep_id, inputs, report) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [document.id, JSON.stringify(inputs), JSON.stringify(report)],
    );
    return (await writeSubmission(client, submission)) ? digest : keepWaiting(client, document.id);
  });
  // A twin's may have been inserted since we looked, and no longer wait to be found under this id.
  const meanwhile = await digestOfSitrep(pool, document.id);
  if (meanwhile !== null) await discardSubmission(pool, document.id, digest);
  return meanwhile ?? waiting;
}

/**
 * Whether an analysis may find more to do once this sitrep is met: not if one has made it, and nothing in it is closed,
 * and so carried only until that moment. An engine that never says the same twice would otherwise call for itself for ever.
 */
export async function leavesMoreToDo(pool: pg.Pool, sitrepId: string): Promise<boolean> {
  const { rows } = await pool.query<{ leaves: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM fm_analysis WHERE sitrep_id = $1)
         OR EXISTS (SELECT FROM fm_case WHERE sitrep_id = $1 AND closed_sitrep_id IS NOT NULL) AS leaves`,
    [sitrepId],
  );
  return rows[0]?.leaves ?? true;
}

/** The ereports that the analysis of a sitrep has ignored. */
export async function ignoredBy(pool: pg.Pool, sitrepId: string): Promise<EreportKey[]> {
  const { rows } = await pool.query<{ ignored: EreportKey[] }>(
    `SELECT report->'ignored' AS ignored FROM fm_analysis WHERE sitrep_id = $1`,
    [sitrepId],
  );
  return rows[0]?.ignored ?? [];
}

/** How many sitreps there are, counted no further than to a limit. */
export async function countSitreps(pool: pg.Pool, limit: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*) AS count FROM (SELECT FROM fm_sitrep LIMIT $1) AS counted',
    [limit],
  );
  return rows[0]?.count ?? 0;
}

const LEFT_OVER = `
  FROM fm_analysis a
 WHERE a.time_created < now() - make_interval(secs => $1)
   AND NOT EXISTS (SELECT FROM fm_sitrep WHERE id = a.sitrep_id)
   AND NOT EXISTS (SELECT FROM sitrep_submission WHERE sitrep_id = a.sitrep_id)`;

/** Records of analyses older than `seconds` that have neither sitrep nor submission, the oldest first. */
export async function leftoverAnalyses(pool: pg.Pool, seconds: number, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT a.sitrep_id AS id ${LEFT_OVER} ORDER BY a.time_created, a.sitrep_id LIMIT $2`,
    [seconds, limit],
  );
  return rows.map(({ id }) => id);
}

/** Deletes those of them that are still left over. */
export async function deleteAnalyses(pool: pg.Pool, seconds: number, ids: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `DELETE FROM fm_analysis WHERE sitrep_id IN (SELECT a.sitrep_id ${LEFT_OVER} AND a.sitrep_id = ANY ($2::uuid[]))
     RETURNING sitrep_id AS id`,
    [seconds, ids],
  );
  return rows.map(({ id }) => id);
}
