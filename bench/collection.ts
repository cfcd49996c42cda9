import type pg from 'pg';
import { newId } from '../src/model/id.ts';
import { deleteSitreps } from '../src/store/sitrep-delete.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { commit, insert } from './commit.ts';
import { withDatabase } from './database.ts';
import { documentOf, sizeOfD } from './document.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';
import { CHILD_TABLES } from './text-copy.ts';

export const collectionCase: BenchCase = {
  name: 'collection',
  title: 'deleting orphans whole',
  async run(ground) {
    const { scale } = ground;
    const small = { cases: 10, requests: 100, ereports: 50 };
    const many = scale.rows(200);
    return [
      await measure(ground, "an orphan of document D's size", sizeOfD(scale), 1, scale.rounds(5), 1.2),
      await measure(ground, `${many} orphans of 160 rows each`, small, many, scale.rounds(11), 3),
    ];
  },
};

async function measure(
  { postgresUrl }: Ground,
  what: string,
  size: ReturnType<typeof sizeOfD>,
  count: number,
  rounds: number,
  atMost: number,
): Promise<Row> {
  return withDatabase(postgresUrl, 'collection', async ({ pool }) => {
    const parent = documentOf({ cases: 1, requests: 0, ereports: 0 }, null);
    await commit(pool, parent);
    const pattern = documentOf(size, parent.id);
    await insert(pool, pattern);
    const winner = documentOf({ cases: 1, requests: 0, ereports: 0 }, parent.id);
    await commit(pool, winner);
    let orphans: string[] = [];
    const prepare = async () => {
      orphans = await writeCopies(pool, pattern.id, count);
    };
    const { ours, bare } = await interleave(rounds, {
      ours: {
        prepare,
        run: () =>
          deleteSitreps(
            pool,
            orphans.map((id) => ({ id, lifecycleOpen: true })),
          ),
      },
      bare: { prepare, run: () => deleteBarely(pool, orphans) },
    });
    return comparison(
      { what, samples: ours },
      { what: 'one bare DELETE for each table', samples: bare },
      { atMost },
    );
  });
}

async function deleteBarely(pool: pg.Pool, ids: string[]): Promise<void> {
  for (const table of CHILD_TABLES) {
    await pool.query(`DELETE FROM ${table} WHERE sitrep_id = ANY ($1::uuid[])`, [ids]);
  }
  await pool.query('DELETE FROM fm_sitrep WHERE id = ANY ($1::uuid[])', [ids]);
}

/** Copies a sitrep with all its children: an insert of each would take longer than what is measured. */
async function writeCopies(pool: pg.Pool, patternId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  for (const table of ['fm_sitrep', ...CHILD_TABLES]) {
    const key = table === 'fm_sitrep' ? 'id' : 'sitrep_id';
    const { rows } = await pool.query<{ names: string }>(
      `SELECT string_agg(attname, ', ' ORDER BY attnum) AS names FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> $2`,
      [table, key],
    );
    const names = rows[0]?.names;
    await pool.query(
      `INSERT INTO ${table} (${key}, ${names})
       SELECT copy, ${names} FROM unnest($1::uuid[]) AS copy, ${table} WHERE ${key} = $2`,
      [ids, patternId],
    );
  }
  await pool.query('CHECKPOINT');
  return ids;
}
