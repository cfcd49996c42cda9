import type pg from 'pg';
import type { Refusal, StoredState } from '../model/lifecycle.ts';
import type { SitrepDocument } from '../model/sitrep.ts';
import type { Submission } from '../model/submission.ts';
import { checkAgainstParent } from './sitrep-check.ts';
import { sitrepState } from './sitrep-read.ts';
import type { Queryable } from './transaction.ts';

export type SubmitOutcome =
  | { kind: 'submitted' }
  /** The sitrep's row exists, from this document. */
  | { kind: 'exists'; state: StoredState; version: number | null }
  | { kind: 'refused'; refusal: Refusal };

/**
 * Accepts a document: checks it against its parent and lays it ready for its lifecycle's insert. Run twice
 * it changes nothing; two documents under one id at once end as one submission, and the other is refused.
 */
export async function submit(pool: pg.Pool, submission: Submission): Promise<SubmitOutcome> {
  const { document, digest } = submission;
  const before = await alreadyIn(pool, document.id, digest);
  if (before) return before;
  const check = await checkAgainstParent(pool, document, submission.input);
  if (check.kind === 'refused') return check;
  if (!(await writeSubmission(pool, submission))) return REUSED;
  // A twin's document may have been inserted since we looked, and no longer wait to be found under this id.
  const meanwhile = await alreadyIn(pool, document.id, digest);
  if (meanwhile) await discardSubmission(pool, document.id, digest);
  return meanwhile ?? { kind: 'submitted' };
}

const REUSED: SubmitOutcome = { kind: 'refused', refusal: { kind: 'sitrepIdReused' } };

async function alreadyIn(pool: pg.Pool, sitrepId: string, digest: string): Promise<SubmitOutcome | null> {
  const inserted = await digestOfSitrep(pool, sitrepId);
  if (inserted === null) return null;
  if (inserted !== digest) return REUSED;
  const state = await sitrepState(pool, sitrepId);
  return state && { kind: 'exists', ...state };
}

/** Deletes a submission, unless another document has taken its place. */
export async function discardSubmission(
  database: Queryable,
  sitrepId: string,
  digest: string,
): Promise<void> {
  await database.query(`DELETE FROM sitrep_submission WHERE sitrep_id = $1 AND digest = decode($2, 'hex')`, [
    sitrepId,
    digest,
  ]);
}

/** The document that waits under this id with this digest, or null. */
export async function readSubmitted(
  database: Queryable,
  sitrepId: string,
  digest: string,
): Promise<SitrepDocument | null> {
  const { rows } = await database.query<{ document: string }>(
    `SELECT document FROM sitrep_submission WHERE sitrep_id = $1 AND digest = decode($2, 'hex')`,
    [sitrepId, digest],
  );
  return rows[0] ? (JSON.parse(rows[0].document) as SitrepDocument) : null;
}

export async function digestOfSitrep(database: Queryable, sitrepId: string): Promise<string | null> {
  const { rows } = await database.query<{ digest: string }>(
    `SELECT encode(digest, 'hex') AS digest FROM fm_sitrep WHERE id = $1`,
    [sitrepId],
  );
  return rows[0]?.digest ?? null;
}

/**
 * False when another document waits under this id. One that waits already is only made young again, so that
 * no sweep takes it for left over just as it is wanted.
 */
export async function writeSubmission(
  database: Queryable,
  { document, digest, canonical }: Submission,
): Promise<boolean> {
  const written = await database.query(
    `INSERT INTO sitrep_submission (sitrep_id, parent_sitrep_id, creator, comment, digest, document)
     VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6)
     ON CONFLICT (sitrep_id) DO UPDATE SET time_submitted = now()
      WHERE sitrep_submission.digest = excluded.digest`,
    [document.id, document.parentId, document.creator, document.comment, digest, canonical],
  );
  return written.rowCount === 1;
}

/** Makes another document that waits under this id young again, and returns its digest. For a transaction that has just met it. */
export async function keepWaiting(database: Queryable, sitrepId: string): Promise<string> {
  const { rows } = await database.query<{ digest: string }>(
    `UPDATE sitrep_submission SET time_submitted = now() WHERE sitrep_id = $1
     RETURNING encode(digest, 'hex') AS digest`,
    [sitrepId],
  );
  const [waiting] = rows;
  if (!waiting) throw new Error(`Nothing waits as ${sitrepId}, though its row was locked.`);
  return waiting.digest;
}
