import type pg from 'pg';
import { compareEna } from '../model/ena.ts';
import type { Ereport, Reporter } from '../model/ereport.ts';
import type { JsonObject } from '../model/json.ts';
import { ArrayParameter, ELEMENT } from './array-parameter.ts';
import { ena, jsonb, text, uuid } from './copy-in.ts';
import { type Queryable, transaction } from './transaction.ts';

/** Bounds of one statement: its parameters are in memory as a whole, here and in Postgres. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 8 * 1024 * 1024;

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

/**
 * Ereports as the parameters of the statements that write them. Made as they are written, or a batch would be in memory
 * twice.
 */
function* chunksOf(ereports: Ereport[]): Generator<Buffer[]> {
  const columns = {
    restartId: new ArrayParameter<string>(uuid('restart_id'), ELEMENT.uuid),
    ena: new ArrayParameter<string>(ena('ena'), ELEMENT.numeric),
    reporter: new ArrayParameter<Reporter>(jsonb('reporter'), ELEMENT.jsonb),
    class: new ArrayParameter<string>(text('class'), ELEMENT.text),
    serialNumber: new ArrayParameter<string>(text('serial_number'), ELEMENT.text),
    partNumber: new ArrayParameter<string>(text('part_number'), ELEMENT.text),
    body: new ArrayParameter<JsonObject>(jsonb('body'), ELEMENT.jsonb),
    timeCollected: new ArrayParameter<string>(text('time_collected'), ELEMENT.text),
  };
  const take = () => Object.values(columns).map((column) => column.take());
  let rows = 0;
  for (const ereport of ereports) {
    columns.restartId.add(ereport.restartId);
    columns.ena.add(ereport.ena);
    columns.reporter.add(ereport.reporter);
    columns.class.add(ereport.class);
    columns.serialNumber.add(ereport.serialNumber);
    columns.partNumber.add(ereport.partNumber);
    columns.body.add(ereport.body);
    columns.timeCollected.add(ereport.timeCollected);
    rows += 1;
    if (rows < MOST_ROWS && columns.body.bytes < MOST_BYTES) continue;
    yield take();
    rows = 0;
  }
  if (rows > 0) yield take();
}

/** A restart of which ereports were written, and of these how many, from when to when. */
interface Restart {
  reporter: string;
  restartId: string;
  ereports: number;
  first: string;
  latest: string;
}

/**
 * Inserts in the order of the rows, and answers what was new of them. A time that is not told, or lies ahead, is that of
 * the arrival: for as long as it lay ahead, its reporter's clock would keep a case open, and a restart the latest.
 */
async function insert(client: Queryable, columns: Buffer[]): Promise<Restart[]> {
  const { rows } = await client.query<Restart>(
    `WITH written AS (
       INSERT INTO ereport (restart_id, ena, reporter, class, serial_number, part_number, body, time_collected)
       SELECT restart_id, ena, reporter, class, serial_number, part_number, body,
              least(time_collected::timestamptz, now())
         FROM unnest($1::uuid[], $2::numeric[], $3::jsonb[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                     $8::text[])
              AS sent (restart_id, ena, reporter, class, serial_number, part_number, body, time_collected)
       ON CONFLICT DO NOTHING
       RETURNING reporter, restart_id, time_collected
     )
     SELECT reporter::text, restart_id AS "restartId", count(*) AS ereports,
            min(time_collected)::text AS first, max(time_collected)::text AS latest
       FROM written GROUP BY written.reporter, restart_id`,
    columns,
  );
  return rows;
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
