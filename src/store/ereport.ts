import type pg from 'pg';
import { compareEna } from '../model/ena.ts';
import type { Ereport } from '../model/ereport.ts';
import { type Queryable, transaction } from './transaction.ts';

/** Bounds of one statement: a larger one would be a text that is too long for JavaScript. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** An ereport as columns: its ENA as decimal digits, its reporter and body as JSON text. */
interface Row {
  restartId: string;
  ena: string;
  reporter: string;
  body: string;
  ereport: Ereport;
}

/**
 * Writes those that are new, all of them or none, and answers how many those are. What is there under the same restart
 * id and ENA stays as it is, with whatever other body it comes again; of two in one batch the first counts.
 */
export async function writeEreports(pool: pg.Pool, ereports: Ereport[]): Promise<{ written: number }> {
  if (ereports.length === 0) return { written: 0 };
  return transaction(pool, async (client) => {
    const seen: Restart[] = [];
    for (const chunk of chunksOf(inOrder(ereports))) seen.push(...(await insert(client, chunk)));
    // After all of the ereports: with a lock of both kinds, two batches that overlap could wait for each other.
    await trackRestarts(client, seen);
    return { written: seen.reduce((sum, { ereports: count }) => sum + count, 0) };
  });
}

/** The order of the key, in which all batches write, so that of two that overlap one waits for the other. */
function inOrder(ereports: Ereport[]): Ereport[] {
  return ereports.toSorted((a, b) => compareText(a.restartId, b.restartId) || compareEna(a.ena, b.ena));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowOf(ereport: Ereport): Row {
  const { restartId, ena, reporter, body } = ereport;
  return {
    restartId,
    ena: BigInt(ena).toString(),
    reporter: JSON.stringify(reporter),
    body: JSON.stringify(body),
    ereport,
  };
}

/** Their texts are made as they are written, or a batch would be in memory twice. */
function* chunksOf(ereports: Ereport[]): Generator<Row[]> {
  let chunk: Row[] = [];
  let bytes = 0;
  for (const row of Iterator.from(ereports).map(rowOf)) {
    if (chunk.length === MOST_ROWS || (chunk.length > 0 && bytes + row.body.length > MOST_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(row);
    bytes += row.body.length;
  }
  yield chunk;
}

/** A restart of which ereports were written, and of these how many, from when to when. */
interface Restart {
  reporter: string;
  restartId: string;
  ereports: number;
  first: string;
  latest: string;
}

/** Inserts in the order of the rows, and answers what was new of them. */
async function insert(client: Queryable, rows: Row[]): Promise<Restart[]> {
  const column = <Value>(value: (row: Row) => Value) => rows.map(value);
  const { rows: restarts } = await client.query<Restart>(
    `WITH written AS (
       INSERT INTO ereport (restart_id, ena, reporter, class, serial_number, part_number, body, time_collected)
       SELECT restart_id, ena, reporter, class, serial_number, part_number, body, coalesce(time_collected, now())
         FROM unnest($1::uuid[], $2::numeric[], $3::jsonb[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                     $8::timestamptz[])
              AS sent (restart_id, ena, reporter, class, serial_number, part_number, body, time_collected)
       ON CONFLICT DO NOTHING
       RETURNING reporter, restart_id, time_collected
     )
     SELECT reporter::text, restart_id AS "restartId", count(*) AS ereports,
            min(time_collected)::text AS first, max(time_collected)::text AS latest
       FROM written GROUP BY written.reporter, restart_id`,
    [
      column(({ restartId }) => restartId),
      column(({ ena }) => ena),
      column(({ reporter }) => reporter),
      column(({ ereport }) => ereport.class),
      column(({ ereport }) => ereport.serialNumber),
      column(({ ereport }) => ereport.partNumber),
      column(({ body }) => body),
      column(({ ereport }) => ereport.timeCollected),
    ],
  );
  return restarts;
}

async function trackRestarts(client: Queryable, seen: Restart[]): Promise<void> {
  if (seen.length === 0) return;
  await client.query(
    `INSERT INTO ereporter_restart AS known (reporter, restart_id, time_first_seen, time_latest_ereport)
     SELECT reporter, restart_id, min(first), max(latest)
       FROM unnest($1::jsonb[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
            AS seen (reporter, restart_id, first, latest)
      GROUP BY reporter, restart_id ORDER BY restart_id, reporter
     ON CONFLICT (restart_id, reporter) DO UPDATE
        SET time_first_seen = least(known.time_first_seen, excluded.time_first_seen),
            time_latest_ereport = greatest(known.time_latest_ereport, excluded.time_latest_ereport)
      WHERE known.time_first_seen > excluded.time_first_seen
         OR known.time_latest_ereport < excluded.time_latest_ereport`,
    [
      seen.map(({ reporter }) => reporter),
      seen.map(({ restartId }) => restartId),
      seen.map(({ first }) => first),
      seen.map(({ latest }) => latest),
    ],
  );
}
