import type pg from 'pg';
import { rendezvous } from '../src/store/rendezvous.ts';
import type { BenchCase, Ground } from './case.ts';
import { commit } from './commit.ts';
import { withDatabase } from './database.ts';
import { documentOf } from './document.ts';
import { interleave } from './interleave.ts';
import { comparison, figure } from './row.ts';

export const nothingToDoCase: BenchCase = {
  name: 'nothing-to-do',
  title: 'the rendezvous of a sitrep whose requests have all been met',
  run: (ground) =>
    withDatabase(ground.postgresUrl, 'large', (large) =>
      withDatabase(ground.postgresUrl, 'small', (small) => measure(ground, large.pool, small.pool)),
    ),
};

async function measure({ scale }: Ground, large: pg.Pool, small: pg.Pool) {
  const many = scale.rows(100_000);
  const reconciled = await reconciledSitrep(large, many);
  const reconciledSmall = await reconciledSitrep(small, 10);
  const times = await interleave(scale.rounds(200), {
    large: { run: () => rendezvous(large, reconciled) },
    small: { run: () => rendezvous(small, reconciledSmall) },
  });
  const what = `${many.toLocaleString('en')} requests`;
  return [
    comparison(
      { what, samples: times.large },
      { what: '10 requests', samples: times.small },
      { atMost: 1.2 },
    ),
    figure({ what, samples: times.large }, { atMost: 1 }),
  ];
}

async function reconciledSitrep(pool: pg.Pool, requests: number): Promise<string> {
  const head = documentOf({ cases: Math.ceil(requests / 10), requests, ereports: 0 }, null);
  await commit(pool, head);
  await rendezvous(pool, head.id);
  return head.id;
}
