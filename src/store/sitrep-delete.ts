import type pg from 'pg';
import { FOREIGN_KEY_VIOLATION, sqlState, transaction } from './transaction.ts';

export interface Doomed {
  id: string;
  /** An open lifecycle may still make an undecided sitrep current; a closed one never will. */
  lifecycleOpen: boolean;
}
export interface Deletion {
  deleted: string[];
  /** Current, in history, or still to be decided: these stay. What is gone already is in neither list. */
  refused: string[];
}

/**
 * Deletes sitreps whole, in one transaction. Takes no lock on the head: the own rows come first, and
 * the foreign key of history catches a commit that comes in between.
 */
export async function deleteSitreps(pool: pg.Pool, doomed: Doomed[]): Promise<Deletion> {
  try {
    return await transaction(pool, (client) => deleteTogether(client, doomed));
  } catch (error) {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    // One of them has become current meanwhile. Alone, each is either that one or not.
    const [only, ...others] = doomed;
    if (!only || others.length === 0) return { deleted: [], refused: doomed.map(({ id }) => id) };
    const each = [];
    for (const one of doomed) each.push(await deleteSitreps(pool, [one]));
    return {
      deleted: each.flatMap(({ deleted }) => deleted),
      refused: each.flatMap(({ refused }) => refused),
    };
  }
}

async function deleteTogether(client: pg.PoolClient, doomed: Doomed[]): Promise<Deletion> {
  const locked = await client.query<{ id: string }>(
    'SELECT id FROM fm_sitrep WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    [doomed.map(({ id }) => id)],
  );
  const present = locked.rows.map(({ id }) => id);
  const open = doomed.filter(({ lifecycleOpen }) => lifecycleOpen).map(({ id }) => id);
  const free = await client.query<{ id: string }>(
    `SELECT s.id
       FROM fm_sitrep s CROSS JOIN fm_sitrep_head h
      WHERE s.id = ANY ($1::uuid[])
        AND h.sitrep_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM fm_sitrep_history hist WHERE hist.sitrep_id = s.id)
        AND NOT (s.parent_sitrep_id IS NOT DISTINCT FROM h.sitrep_id AND s.id = ANY ($2::uuid[]))
      ORDER BY s.id`,
    [present, open],
  );
  const deleted = free.rows.map(({ id }) => id);
  if (deleted.length > 0) {
    await client.query('DELETE FROM fm_alert_request WHERE sitrep_id = ANY ($1::uuid[])', [deleted]);
    await client.query('DELETE FROM fm_ereport_in_case WHERE sitrep_id = ANY ($1::uuid[])', [deleted]);
    await client.query('DELETE FROM fm_case WHERE sitrep_id = ANY ($1::uuid[])', [deleted]);
    await client.query('DELETE FROM fm_analysis WHERE sitrep_id = ANY ($1::uuid[])', [deleted]);
    await client.query('DELETE FROM fm_sitrep WHERE id = ANY ($1::uuid[])', [deleted]);
  }
  return { deleted, refused: present.filter((id) => !deleted.includes(id)) };
}
