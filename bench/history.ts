import type pg from 'pg';
import { makeCurrent } from '../src/store/make-current.ts';
import type { BenchCase, Ground } from './case.ts';
import { KEEP_ALL } from './commit.ts';
import { withDatabase } from './database.ts';
import { interleave, type Variant } from './interleave.ts';
import { comparison } from './row.ts';
import { writeSitrep } from './small-sitrep.ts';

const SHORT = 10;

export const historyCase: BenchCase = {
  name: 'history',
  title: 'making a sitrep current when history is long',
  run: (ground) =>
    withDatabase(ground.postgresUrl, 'long', (long) =>
      withDatabase(ground.postgresUrl, 'short', (short) => measure(ground, long.pool, short.pool)),
    ),
};

async function measure({ scale }: Ground, long: pg.Pool, short: pg.Pool) {
  const versions = scale.rows(100_000);
  await writeHistory(long, versions);
  await writeHistory(short, SHORT);
  const times = await interleave(scale.rounds(200), {
    long: await commits(long, KEEP_ALL),
    short: await commits(short, KEEP_ALL),
  });
  const pruning = await interleave(scale.rounds(200), {
    pruned: await commits(long, versions),
    update: { run: () => long.query('UPDATE fm_sitrep_head SET version = version') },
  });
  const label = versions.toLocaleString('en');
  return [
    comparison(
      { what: `after ${label} versions`, samples: times.long },
      { what: `after ${SHORT} versions`, samples: times.short },
      { atMost: 1.1 },
    ),
    comparison(
      { what: `after ${label} versions, pruning one for each that comes`, samples: pruning.pruned },
      { what: 'a bare update of one row', samples: pruning.update },
      { atMost: 1.6 },
    ),
  ];
}

/** Commits that follow each other. */
async function commits(pool: pg.Pool, keep: number): Promise<Variant> {
  const { rows } = await pool.query('SELECT sitrep_id FROM fm_sitrep_head');
  let head: string = rows[0].sitrep_id;
  let next = head;
  return {
    async prepare() {
      next = await writeSitrep(pool, head);
    },
    async run() {
      await makeCurrent(pool, next, head, keep);
      head = next;
    },
  };
}

export async function writeHistory(pool: pg.Pool, versions: number): Promise<void> {
  await pool.query(
    `WITH sitrep AS (
       INSERT INTO fm_sitrep (id, creator, comment, digest, alert_generation)
       SELECT gen_random_uuid(), 'bench', '', sha256(n::text::bytea), 1 FROM generate_series(1, $1::int) n
       RETURNING id
     ), history AS (
       INSERT INTO fm_sitrep_history (version, sitrep_id)
       SELECT row_number() OVER (), id FROM sitrep
       RETURNING version, sitrep_id
     )
     UPDATE fm_sitrep_head h SET version = last.version, sitrep_id = last.sitrep_id, alert_generation = 1
       FROM history last WHERE last.version = $1`,
    [versions],
  );
}
