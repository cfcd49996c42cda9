import { WorkflowNotFoundError } from '@temporalio/client';
import type pg from 'pg';
import { SEARCH_ATTRIBUTES } from '../../../src/model/search-attributes.ts';
import { lifecycleOf } from '../../support/lifecycles.ts';
import type { World } from './world.ts';

/** What two runs of the same story must agree on: all rows, but for when and by which attempt they came to be. */
export interface EndState {
  rows: Record<string, unknown[]>;
  /** By sitrep: how its lifecycle ended, or stands, and the state that it shows. */
  lifecycles: Record<string, string>;
}

export async function endState({ db, temporal }: World, sitrepIds: string[]): Promise<EndState> {
  const lifecycles: Record<string, string> = {};
  for (const id of sitrepIds) lifecycles[id] = await lifecycleState(temporal.client, id);
  return { rows: await timelessRows(db.pool), lifecycles };
}

export async function lifecycleState(client: World['temporal']['client'], id: string): Promise<string> {
  try {
    const { status, typedSearchAttributes } = await lifecycleOf(client, id).describe();
    return `${status.name}, ${typedSearchAttributes.get(SEARCH_ATTRIBUTES.state)}`;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'none';
    throw error;
  }
}

/** What an attempt of a rendezvous counted: a later one finds made what an earlier one made. */
const COUNTED = ['examined', 'created'];

async function timelessRows(pool: pg.Pool): Promise<Record<string, unknown[]>> {
  const { rows: tables } = await pool.query<{ name: string; ignored: string[] }>(
    `SELECT c.relname AS name,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND (a.attname LIKE 'time\\_%' OR a.attname = ANY ($1))) AS ignored
       FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`,
    [COUNTED],
  );
  const found: Record<string, unknown[]> = {};
  for (const { name, ignored } of tables) {
    const { rows } = await pool.query<{ row: string }>(
      `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM ${name} t ORDER BY 1`,
      [ignored],
    );
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}
