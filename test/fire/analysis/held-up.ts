import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Random } from '../random.ts';

const LONGEST = 400;

/**
 * Holds the rendezvous up, again and again until it is told to stop, so that the next sitrep becomes current before what
 * the last one asks for is met and its ereports are marked.
 */
export async function holdUpRendezvous(pool: pg.Pool, random: Random, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE fm_rendezvous_progress IN SHARE ROW EXCLUSIVE MODE');
      await pause(random.below(LONGEST));
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await pause(random.below(LONGEST));
  }
}
