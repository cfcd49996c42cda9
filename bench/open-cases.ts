import type pg from 'pg';
import { MAX_EREPORTS } from '../src/model/limits.ts';
import { writeEreports } from '../src/store/ereport.ts';
import { analyse, analyseAll } from './analysis-by-hand.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { configure } from './configure.ts';
import { type BenchDatabase, createDatabase } from './database.ts';
import { aHost, aShelf, fanEreport, fanRule, psuEreport, type SentEreport, taken } from './ereports.ts';
import { interleave, type Variant } from './interleave.ts';
import { comparison, figure } from './row.ts';

const OPEN = [10, 100, 1_000, 10_000];
/** Stalls of a fan that are too many. */
const STALLS = 3;

export const openCasesCase: BenchCase = {
  name: 'open-cases',
  title: 'the analysis of one ereport while many cases are open',
  async run(ground) {
    const databases: BenchDatabase[] = [];
    try {
      for (const open of OPEN) databases.push(await createDatabase(ground.postgresUrl, `open_${open}`));
      return await measure(ground, databases);
    } finally {
      for (const database of databases) await database.drop();
    }
  },
};

/** Analyses with so many cases open, and how long they took. */
interface Measured {
  open: number;
  what: string;
  samples: number[];
}

async function measure({ scale }: Ground, databases: readonly BenchDatabase[]): Promise<Row[]> {
  const variants: Record<string, Variant> = {};
  for (const [index, { pool }] of databases.entries()) {
    await openCases(pool, sizeOf(index, scale));
    variants[index] = { prepare: () => forgetAnalyses(pool), run: () => analyse(pool) };
  }
  const times = await interleave(scale.rounds(7), variants);
  const measured = databases.map((_, index): Measured => {
    const open = sizeOf(index, scale);
    return { open, what: `${open.toLocaleString('en')} open cases`, samples: times[index] ?? [] };
  });
  return [
    ...measured.map(({ what, samples }) => figure({ what, samples }, null)),
    ...measured.slice(1).map((more, index) => inEach(more, measured[index] ?? more)),
  ];
}

function sizeOf(index: number, { rows }: Ground['scale']): number {
  return rows(OPEN[index] ?? 0);
}

/** For each of the cases, against what it was for each with a tenth of them: as long, or less, or it grows faster than they do. */
function inEach(more: Measured, fewer: Measured): Row {
  const [ours, against] = [more, fewer].map(({ open, what, samples }) => ({
    what: `${what}, for each`,
    samples: samples.map((time) => time / open),
  }));
  if (!ours || !against) throw new Error('There is nothing to compare.');
  return comparison(ours, against, { atMost: 1.3 });
}

/** Half of them about a unit that was pulled out, half about a fan; each has asked for its alert, and all of it is seen. */
async function openCases(pool: pg.Pool, count: number): Promise<void> {
  await configure(pool, { analysisEnabled: true, thresholdRules: [fanRule(STALLS)] });
  const startMs = Date.now();
  const ereports = Array.from({ length: count }, (_, number): SentEreport[] => {
    if (number % 2 === 0) return [psuEreport(aShelf(), 1, startMs)];
    const host = aHost();
    return Array.from({ length: STALLS }, (_, nth) => fanEreport(host, nth, startMs));
  }).flat();
  for (let at = 0; at < ereports.length; at += MAX_EREPORTS) {
    await writeEreports(pool, ereports.slice(at, at + MAX_EREPORTS).map(taken));
  }
  await analyseAll(pool);
  await pool.query('VACUUM ANALYZE');
  await writeEreports(pool, [taken(psuEreport(aShelf(), 1, startMs))]);
}

/** As if nothing had been made of the last ereport yet. */
async function forgetAnalyses(pool: pg.Pool): Promise<void> {
  await pool.query('TRUNCATE sitrep_submission, fm_analysis');
}
