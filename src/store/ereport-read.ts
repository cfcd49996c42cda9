import { globRegex } from '../model/class-glob.ts';
import type { EreportView } from '../model/ereport.ts';
import type { Page } from '../model/views.ts';
import { pageOf, readEreportCursor, timeAsText } from './cursor.ts';
import { enaAsText } from './ena-text.ts';
import type { Queryable } from './transaction.ts';

/** What was reported. */
export const REPORTED = `
  restart_id AS "restartId", ${enaAsText('ena')} AS ena, reporter, class, serial_number AS "serialNumber",
  part_number AS "partNumber", ${timeAsText('time_collected')} AS "timeCollected", body`;

/** The fields of an `EreportView`. */
export const EREPORT_COLUMNS = `${REPORTED}, marked_seen_in AS "markedSeenIn", set_aside AS "setAside"`;
const EREPORT = `SELECT ${EREPORT_COLUMNS} FROM ereport`;

export interface EreportQuery {
  limit: number;
  cursor?: string;
  /** A class, or a glob over its segments. */
  class?: string;
  serial?: string;
  /** Collected at this time or later. */
  since?: string;
  /** Collected before this time. */
  until?: string;
  seen?: boolean;
}

/** Ereports, those first that were collected last. */
export async function listEreports(database: Queryable, query: EreportQuery): Promise<Page<EreportView>> {
  const after = readEreportCursor(query.cursor);
  const { rows } = await database.query<EreportView>(
    `${EREPORT}
      WHERE ($2::timestamptz IS NULL OR (time_collected, restart_id, ereport.ena) < ($2, $3::uuid, $4::numeric))
        AND ($5::text IS NULL OR class ~ $5)
        AND ($6::text IS NULL OR serial_number = $6)
        AND ($7::timestamptz IS NULL OR time_collected >= $7)
        AND ($8::timestamptz IS NULL OR time_collected < $8)
        AND ($9::boolean IS NULL OR (marked_seen_in IS NOT NULL) = $9)
      ORDER BY time_collected DESC, restart_id DESC, ereport.ena DESC LIMIT $1`,
    [
      query.limit + 1,
      after?.time ?? null,
      after?.id ?? null,
      after ? digits(after.ena) : null,
      query.class === undefined ? null : `^${globRegex(query.class)}$`,
      query.serial ?? null,
      query.since ?? null,
      query.until ?? null,
      query.seen ?? null,
    ],
  );
  return pageOf(rows, query.limit, ({ timeCollected, restartId, ena }) => ({
    time: timeCollected,
    id: restartId,
    ena,
  }));
}

export interface EreportKey {
  restartId: string;
  ena: string;
}

export async function readEreport(
  database: Queryable,
  { restartId, ena }: EreportKey,
): Promise<EreportView | null> {
  const { rows } = await database.query<EreportView>(
    `${EREPORT} WHERE restart_id = $1 AND ereport.ena = $2::numeric`,
    [restartId, digits(ena)],
  );
  return rows[0] ?? null;
}

/** As Postgres takes an unsigned number of 64 bits. */
function digits(ena: string): string {
  return BigInt(ena).toString();
}
