import type pg from 'pg';
import { copyOutRows } from './copy.ts';
import { timeAsText } from './cursor.ts';

/** What a row of a sitrep's cases is: in this order they come. */
export const CASE = '0';
export const EREPORT = '1';
export const REQUEST = '2';

export type CaseRow = [
  kind: typeof CASE,
  id: string,
  none: null,
  engine: string,
  comment: string,
  createdSitrepId: string,
  closedSitrepId: string | null,
  none: null,
];
export type EreportRow = [
  kind: typeof EREPORT,
  restartId: string,
  /** Decimal. */
  ena: string,
  none: null,
  comment: string,
  assignedSitrepId: string,
  none: null,
  /** As JSON, where the service has it. */
  ereport: string | null,
];
export type RequestRow = [
  kind: typeof REQUEST,
  id: string,
  version: string,
  alertClass: string,
  comment: string,
  requestedSitrepId: string,
  none: null,
  /** As JSON. */
  payload: string,
];

/**
 * Each case of a sitrep, followed by its ereports and its requests, as plain rows: to put them together costs Postgres
 * nearly as much as to read them, and here it is done while Postgres goes on reading. Must run in a transaction.
 */
export function readCaseRows(
  client: pg.PoolClient,
  sitrepId: string,
): AsyncGenerator<(CaseRow | EreportRow | RequestRow)[]> {
  return copyOutRows(client, rowsOf(client.escapeLiteral(sitrepId)));
}

/** COPY takes no parameters, so the id comes as a literal. */
function rowsOf(sitrepId: string): string {
  return `
    SELECT kind, key, number, name, comment, asked_in, closed_in, json
      FROM (SELECT id AS case_id, ${CASE} AS kind, id AS key, NULL::numeric AS number, engine AS name, comment,
                   created_sitrep_id AS asked_in, closed_sitrep_id AS closed_in, NULL::text AS json
              FROM fm_case WHERE sitrep_id = ${sitrepId}
            UNION ALL
            SELECT case_id, ${EREPORT}, restart_id, ena, NULL, comment, assigned_sitrep_id, NULL, ${KNOWN_EREPORT}
              FROM fm_ereport_in_case AS a WHERE sitrep_id = ${sitrepId}
            UNION ALL
            SELECT case_id, ${REQUEST}, id, alert_version, alert_class, comment, requested_sitrep_id, NULL, payload::text
              FROM fm_alert_request WHERE sitrep_id = ${sitrepId}) AS rows
     ORDER BY case_id, kind, key, number`;
}

/** Looked up row by row, since the table is large however small the sitrep is. */
const KNOWN_EREPORT = `
  (SELECT row_to_json(known)::text
     FROM (SELECT reporter, class, serial_number AS "serialNumber", part_number AS "partNumber",
                  ${timeAsText('time_collected')} AS "timeCollected", body
             FROM ereport WHERE restart_id = a.restart_id AND ena = a.ena) AS known)`;
