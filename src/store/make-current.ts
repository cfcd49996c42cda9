import type pg from 'pg';
import { FOREIGN_KEY_VIOLATION, sqlState } from './transaction.ts';

export type MakeCurrentOutcome =
  /** In history, by this call or by an earlier one. `releasedIds` fell out of history for it. */
  | { kind: 'current'; version: number; isHead: boolean; releasedIds: string[] }
  /** It was in history, and has been pruned from it. */
  | { kind: 'released' }
  /** Final. `ageSeconds` since its insert, or null when it has been collected already. */
  | { kind: 'parentNotCurrent'; ageSeconds: number | null }
  /** Deleted before it was decided. */
  | { kind: 'sitrepGone' };

/** Versions that one commit takes out of history: a few, so that no commit is slow for what others left. */
const PRUNE_LIMIT = 10;

interface Row {
  version: number | null;
  is_head: boolean;
  released: string[];
  sitrep_exists: boolean;
  was_released: boolean;
  age_seconds: number | null;
  parent_is_head: boolean;
}

/** Makes a sitrep the current one, if its parent is. Losing is a result; so is having won before. */
export async function makeCurrent(
  pool: pg.Pool,
  sitrepId: string,
  parentId: string | null,
  keepVersions: number,
): Promise<MakeCurrentOutcome> {
  const row = await swap(pool, sitrepId, parentId, keepVersions).catch((error: unknown) => {
    if (sqlState(error) !== FOREIGN_KEY_VIOLATION) throw error;
    // It was deleted while the swap was under way; now its row is seen to be gone.
    return swap(pool, sitrepId, parentId, keepVersions);
  });
  if (row.version !== null) {
    return { kind: 'current', version: row.version, isHead: row.is_head, releasedIds: row.released };
  }
  if (row.was_released) return { kind: 'released' };
  if (!row.sitrep_exists && row.parent_is_head) return { kind: 'sitrepGone' };
  return { kind: 'parentNotCurrent', ageSeconds: row.age_seconds };
}

async function swap(
  pool: pg.Pool,
  sitrepId: string,
  parentId: string | null,
  keepVersions: number,
): Promise<Row> {
  const { rows } = await pool.query<Row>({
    // Prepared once for each connection: what is left of a commit takes hardly longer than to parse this.
    name: 'make-current',
    text: 'SELECT * FROM fm_make_current($1, $2, $3, $4)',
    values: [sitrepId, parentId, keepVersions, PRUNE_LIMIT],
  });
  return rows[0] as Row;
}
