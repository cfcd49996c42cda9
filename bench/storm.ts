import type pg from 'pg';
import type { BenchCase, Ground, Row } from './case.ts';
import { configure } from './configure.ts';
import { fanRule, isShelf, reports } from './ereports.ts';
import { timed } from './interleave.ts';
import { bodyOf, reportEreports } from './report-ereports.ts';
import { peak, resetPeak, resident } from './resident.ts';
import { figure } from './row.ts';
import { type Served, withServed } from './served.ts';
import { untilAtRest } from './until-at-rest.ts';

const REPORTERS = 1_000;
/** Ereports of each, which come as one batch. */
const EACH = 100;
const AT_ONCE = 16;
/** Stalls of a fan that are too many. */
const STALLS = 10;

export const stormCase: BenchCase = {
  name: 'storm',
  title: `${REPORTERS.toLocaleString('en')} reporters with ${EACH} ereports each, ${AT_ONCE} at once`,
  run: (ground) => withServed(ground, (served) => measure(ground, served)),
};

async function measure({ scale }: Ground, { database, api, worker }: Served): Promise<Row[]> {
  const { pool } = database;
  await configure(pool, { analysisEnabled: true, thresholdRules: [fanRule(STALLS)] });
  // A few warm up: what comes after them is what the storm takes.
  await blow(10, pool, api.url);
  const idle = { api: await resident(api.pid), worker: await resident(worker.pid) };
  for (const { pid } of [api, worker]) await resetPeak(pid);
  const storm = await blow(scale.rows(REPORTERS), pool, api.url);
  const taken = { api: (await peak(api.pid)) - idle.api, worker: (await peak(worker.pid)) - idle.worker };
  return [
    figure({ what: 'until the last batch is answered', samples: [storm.answered / 1000] }, null, 's'),
    figure({ what: 'until nothing is left to do', samples: [storm.atRest / 1000] }, { atMost: 60 }, 's'),
    figure({ what: 'made of it', samples: [storm.sitreps] }, { atMost: 20 }, 'sitreps'),
    figure({ what: 'memory of the API', samples: [taken.api] }, { atMost: 128 }, 'MiB'),
    figure({ what: 'memory of the worker', samples: [taken.worker] }, { atMost: 512 }, 'MiB'),
  ];
}

interface Storm {
  /** Milliseconds from the first ereport on. */
  answered: number;
  atRest: number;
  sitreps: number;
}

async function blow(reporters: number, pool: pg.Pool, url: string): Promise<Storm> {
  const bodies = reports(reporters, EACH).map(bodyOf);
  const before = await count(pool);
  let answered = 0;
  const atRest = await timed(async () => {
    answered = await timed(() => reportEreports(url, bodies, AT_ONCE));
    await untilAtRest(pool);
  });
  const after = await count(pool);
  const shelves = Array.from({ length: reporters }, (_, number) => isShelf(number)).filter(Boolean).length;
  // Whatever is pulled out or put back is an alert; a fan that stalls is one.
  const alerts = shelves * EACH + reporters - shelves;
  if (after.alerts - before.alerts !== alerts || after.open - before.open !== reporters) {
    throw new Error(
      `${alerts} alerts and ${reporters} cases were to be made of ${JSON.stringify(before)}, and it is ${JSON.stringify(after)}.`,
    );
  }
  return { answered, atRest, sitreps: after.sitreps - before.sitreps };
}

interface Counts {
  sitreps: number;
  alerts: number;
  /** Cases that are open now. */
  open: number;
}

async function count(pool: pg.Pool): Promise<Counts> {
  const { rows } = await pool.query<Counts>(
    `SELECT version AS sitreps, (SELECT count(*) FROM alert) AS alerts,
            (SELECT count(*) FROM fm_case c WHERE c.sitrep_id = h.sitrep_id AND closed_sitrep_id IS NULL) AS open
       FROM fm_sitrep_head h`,
  );
  return rows[0] as Counts;
}
