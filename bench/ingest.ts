import type pg from 'pg';
import type { Ereport } from '../src/model/ereport.ts';
import { writeEreports } from '../src/store/ereport.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { withDatabase } from './database.ts';
import { reports, type SentEreport, taken } from './ereports.ts';
import { interleave } from './interleave.ts';
import { createNamespace } from './namespace.ts';
import { bodyOf, reportEreports } from './report-ereports.ts';
import { comparison } from './row.ts';
import { serve } from './serve-process.ts';

const EREPORTS = 20_000;
/** Of each reporter, and of how many of these a batch is made. */
const EACH = 100;
const REPORTERS = 10;

export const ingestCase: BenchCase = {
  name: 'ingest',
  title: `taking ereports in batches of ${(EACH * REPORTERS).toLocaleString('en')}, one batch after the other`,
  run: (ground) =>
    withDatabase(ground.postgresUrl, 'ingest', async (database) => {
      const address = await ground.temporalAddress();
      const api = await serve('api', database, address, await createNamespace(address));
      try {
        return await measure(ground, database.pool, api.url);
      } finally {
        await api.stop();
      }
    }),
};

async function measure({ scale }: Ground, pool: pg.Pool, url: string): Promise<Row[]> {
  const count = scale.rows(EREPORTS);
  const batches = batchesOf(count);
  const bodies = batches.map(bodyOf);
  const read = batches.map((batch) => batch.map(taken));
  const columns = read.map(columnsOf);
  const prepare = async () => {
    await pool.query('TRUNCATE ereport, ereporter_restart');
    await pool.query('CHECKPOINT');
  };
  const times = await interleave(scale.rounds(11), {
    store: {
      prepare,
      async run() {
        for (const batch of read) await writeEreports(pool, batch);
      },
    },
    api: { prepare, run: () => reportEreports(url, bodies) },
    bare: {
      prepare,
      async run() {
        for (const values of columns) await pool.query(INSERT, values);
      },
    },
  });
  const perSecond = (samples: number[]) => samples.map((time) => (count / time) * 1000);
  const bare = { what: 'one bare multi-row INSERT for each batch', samples: perSecond(times.bare) };
  return [
    comparison({ what: 'by the store', samples: perSecond(times.store) }, bare, { atLeast: 0.6 }, '/s'),
    comparison({ what: 'through the API', samples: perSecond(times.api) }, bare, { atLeast: 0.6 }, '/s'),
  ];
}

/** In each, all that some reporters have to report. */
function batchesOf(ereports: number): SentEreport[][] {
  const all = reports(Math.ceil(ereports / EACH), Math.min(ereports, EACH));
  const batches: SentEreport[][] = [];
  for (let at = 0; at < all.length; at += REPORTERS) batches.push(all.slice(at, at + REPORTERS).flat());
  return batches;
}

/** Nothing is checked, no key may be there, and of restarts nothing is remembered. */
const INSERT = `
  INSERT INTO ereport (restart_id, ena, reporter, class, serial_number, part_number, body, time_collected)
  SELECT * FROM unnest($1::uuid[], $2::numeric[], $3::jsonb[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                       $8::timestamptz[])`;

function columnsOf(ereports: Ereport[]): unknown[][] {
  return [
    ereports.map(({ restartId }) => restartId),
    ereports.map(({ ena }) => BigInt(ena).toString()),
    ereports.map(({ reporter }) => JSON.stringify(reporter)),
    ereports.map((one) => one.class),
    ereports.map(({ serialNumber }) => serialNumber),
    ereports.map(({ partNumber }) => partNumber),
    ereports.map(({ body }) => JSON.stringify(body)),
    ereports.map(({ timeCollected }) => timeCollected),
  ];
}
