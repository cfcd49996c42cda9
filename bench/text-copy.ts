import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from, to } from 'pg-copy-streams';

/** The rows of one table in the text format of COPY. */
export interface EncodedTable {
  table: string;
  bytes: Buffer;
}

export const CHILD_TABLES = ['fm_case', 'fm_ereport_in_case', 'fm_alert_request'];
/** What is handed over at a time. */
const SLICE = 256 * 1024;

/** The children of a sitrep as Postgres itself encodes them. */
export async function encodeChildren(pool: pg.Pool, sitrepId: string): Promise<EncodedTable[]> {
  const client = await pool.connect();
  const tables: EncodedTable[] = [];
  try {
    for (const table of CHILD_TABLES) {
      const rows = client.query(
        to(`COPY (SELECT * FROM ${table} WHERE sitrep_id = '${sitrepId}') TO STDOUT`),
      );
      const chunks: Buffer[] = [];
      for await (const chunk of rows) chunks.push(chunk);
      tables.push({ table, bytes: Buffer.concat(chunks) });
    }
    return tables;
  } finally {
    client.release();
  }
}

/** Loads them in one transaction: no check, no lineage, no sitrep. */
export async function copyBarely(pool: pg.Pool, tables: EncodedTable[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const { table, bytes } of tables) {
      await pipeline(
        Readable.from(slices(bytes), { objectMode: false }),
        client.query(from(`COPY ${table} FROM STDIN`)),
      );
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE);
}
