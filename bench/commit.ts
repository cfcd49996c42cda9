import type pg from 'pg';
import type { SitrepDocument } from '../src/model/sitrep.ts';
import { makeCurrent } from '../src/store/make-current.ts';
import { insertSitrep } from '../src/store/sitrep-insert.ts';
import { submit } from '../src/store/submission.ts';
import { submissionOf } from './document.ts';

/** History as long as it becomes. */
export const KEEP_ALL = 1_000_000_000;

/** Writes a sitrep the way that a lifecycle does. */
export async function insert(pool: pg.Pool, document: SitrepDocument): Promise<void> {
  const submission = submissionOf(document);
  await submit(pool, submission);
  const { kind } = await insertSitrep(pool, document.id, submission.digest);
  if (kind !== 'inserted') throw new Error(`Not inserted, but ${kind}.`);
}

/** Writes it and makes it current. */
export async function commit(pool: pg.Pool, document: SitrepDocument): Promise<void> {
  await insert(pool, document);
  const { kind } = await makeCurrent(pool, document.id, document.parentId, KEEP_ALL);
  if (kind !== 'current') throw new Error(`Not current, but ${kind}.`);
}
