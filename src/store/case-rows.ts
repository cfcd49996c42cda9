import type pg from 'pg';
import { copyOut } from './copy-out.ts';
import { timeAsText } from './cursor.ts';

/** What a row of a sitrep's cases is. */
export const CASE = 0;
export const EREPORT = 1;
export const REQUEST = 2;

// The columns of all such rows, by their places; what a case, an ereport or a request does not have is null.
export const CASE_ID = 0;
/** `CASE`, `EREPORT` or `REQUEST`. */
export const KIND = 1;
/** An ereport's restart id, a request's id. */
export const KEY = 2;
export const ENA = 3;
export const VERSION = 4;
/** A case's engine, a request's alert class. */
export const NAME = 5;
export const COMMENT = 6;
/** The sitrep that opened the case, assigned the ereport, or first requested the alert. */
export const SINCE = 7;
export const CLOSED_IN = 8;
/** An ereport where the service has it; a request's payload. */
export const JSON_VALUE = 9;

// To put the rows together costs Postgres as much as to read them. So they come as they are, and that is done here, while
// Postgres goes on. All of these must run in a transaction; COPY takes no parameters, so the id comes as a literal.

/** Each case, followed by its ereports and its requests. Nothing comes before Postgres has sorted all of them. */
export function readCasesInTurn(client: pg.PoolClient, sitrepId: string) {
  const id = client.escapeLiteral(sitrepId);
  const all = `${casesOf(id)} UNION ALL ${ereportsOf(id, false)} UNION ALL ${requestsOf(id)}`;
  return copyOut(client, `SELECT * FROM (${all}) AS rows ORDER BY case_id, kind, key, ena`);
}

export function readCaseRows(client: pg.PoolClient, sitrepId: string) {
  return copyOut(client, `${casesOf(client.escapeLiteral(sitrepId))} ORDER BY id`);
}

/** `withMarks`: each ereport says whether it is marked as seen. */
export function readEreportRows(client: pg.PoolClient, sitrepId: string, withMarks: boolean) {
  const ereports = ereportsOf(client.escapeLiteral(sitrepId), withMarks);
  return copyOut(client, `${ereports} ORDER BY case_id, restart_id, ena`);
}

export function readRequestRows(client: pg.PoolClient, sitrepId: string) {
  return copyOut(client, `${requestsOf(client.escapeLiteral(sitrepId))} ORDER BY id`);
}

function casesOf(sitrepId: string): string {
  return `
    SELECT id AS case_id, ${CASE} AS kind, NULL::uuid AS key, NULL::numeric AS ena, NULL::integer AS version,
           engine AS name, comment, created_sitrep_id AS since, closed_sitrep_id AS closed_in, NULL::jsonb AS json
      FROM fm_case WHERE sitrep_id = ${sitrepId}`;
}

function ereportsOf(sitrepId: string, withMarks: boolean): string {
  return `
    SELECT case_id, ${EREPORT}, restart_id, ena, NULL::integer, NULL::text, comment, assigned_sitrep_id, NULL::uuid,
           ${knownEreport(withMarks)}
      FROM fm_ereport_in_case AS a WHERE sitrep_id = ${sitrepId}`;
}

function requestsOf(sitrepId: string): string {
  return `
    SELECT case_id, ${REQUEST}, id, NULL::numeric, alert_version, alert_class, comment, requested_sitrep_id, NULL::uuid,
           payload
      FROM fm_alert_request WHERE sitrep_id = ${sitrepId}`;
}

/** Looked up row by row, since the table is large however small the sitrep is. */
const knownEreport = (withMarks: boolean) => `
           (SELECT to_jsonb(known)
              FROM (SELECT reporter, class, serial_number AS "serialNumber", part_number AS "partNumber",
                           ${timeAsText('time_collected')} AS "timeCollected", body
                           ${withMarks ? ', marked_seen_in IS NOT NULL AS "isSeen"' : ''}
                      FROM ereport WHERE restart_id = a.restart_id AND ena = a.ena) AS known)`;
