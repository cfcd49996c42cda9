import type pg from 'pg';
import { newId } from '../src/model/id.ts';

/** Writes a sitrep's own row and nothing else, straight into its table: enough to be made current. */
export async function writeSitrep(pool: pg.Pool, parentId: string | null): Promise<string> {
  const id = newId();
  await pool.query(
    `INSERT INTO fm_sitrep (id, parent_sitrep_id, creator, comment, digest, alert_generation)
     VALUES ($1, $2, 'bench', '', sha256(uuid_send($1)), 1)`,
    [id, parentId],
  );
  return id;
}
