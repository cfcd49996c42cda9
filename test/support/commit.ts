import type pg from 'pg';
import { type MakeCurrentOutcome, makeCurrent } from '../../src/store/make-current.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { type InsertOutcome, insertSitrep } from '../../src/store/sitrep-insert.ts';
import { submit } from '../../src/store/submission.ts';
import { type Sent, submissionOf } from './document.ts';

export const KEEP = 2000;

/** Submits and inserts, as the first steps of a lifecycle do. */
export async function insert(pool: pg.Pool, sent: Sent): Promise<InsertOutcome> {
  const submission = submissionOf(sent);
  const submitted = await submit(pool, submission);
  if (submitted.kind === 'refused') return submitted;
  return insertSitrep(pool, sent.id, submission.digest);
}

export async function swap(pool: pg.Pool, sent: Sent, keep = KEEP): Promise<MakeCurrentOutcome> {
  return makeCurrent(pool, sent.id, sent.parentId, keep);
}

/** Brings a sitrep all the way to current; its requests are not met yet. */
export async function commit(pool: pg.Pool, sent: Sent, keep = KEEP): Promise<number> {
  const inserted = await insert(pool, sent);
  if (inserted.kind !== 'inserted') throw new Error(`Not inserted: ${JSON.stringify(inserted)}`);
  const made = await swap(pool, sent, keep);
  if (made.kind !== 'current') throw new Error(`Not current: ${JSON.stringify(made)}`);
  return made.version;
}

export async function commitAndMeet(pool: pg.Pool, sent: Sent): Promise<void> {
  await commit(pool, sent);
  await rendezvous(pool, sent.id);
}

export async function countRows(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}
