import type pg from 'pg';
import { copyOutRows } from './copy.ts';
import { timeAsText } from './cursor.ts';

/** What a row of a sitrep's cases is. */
export const CASE = '0';
export const EREPORT = '1';
export const REQUEST = '2';

export type CaseRow = [
  id: string,
  kind: typeof CASE,
  none: null,
  none: null,
  engine: string,
  comment: string,
  createdSitrepId: string,
  closedSitrepId: string | null,
  none: null,
];
export type EreportRow = [
  caseId: string,
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
  caseId: string,
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

// To put the rows together costs Postgres as much as to read them. So they come as they are, and that is done here, while
// Postgres goes on. All of these must run in a transaction; COPY takes no parameters, so the id comes as a literal.

/** Each case, followed by its ereports and its requests. Nothing comes before Postgres has sorted all of them. */
export function readCasesInTurn(client: pg.PoolClient, sitrepId: string) {
  const id = client.escapeLiteral(sitrepId);
  const all = `${casesOf(id)} UNION ALL ${ereportsOf(id, false)} UNION ALL ${requestsOf(id)}`;
  return copyOutRows<CaseRow | EreportRow | RequestRow>(
    client,
    `SELECT * FROM (${all}) AS rows ORDER BY case_id, kind, key, number`,
  );
}

export function readCaseRows(client: pg.PoolClient, sitrepId: string) {
  return copyOutRows<CaseRow>(client, `${casesOf(client.escapeLiteral(sitrepId))} ORDER BY id`);
}

/** `withMarks`: each ereport says whether it is marked as seen. */
export function readEreportRows(client: pg.PoolClient, sitrepId: string, withMarks: boolean) {
  const ereports = ereportsOf(client.escapeLiteral(sitrepId), withMarks);
  return copyOutRows<EreportRow>(client, `${ereports} ORDER BY case_id, restart_id, ena`);
}

export function readRequestRows(client: pg.PoolClient, sitrepId: string) {
  return copyOutRows<RequestRow>(client, `${requestsOf(client.escapeLiteral(sitrepId))} ORDER BY id`);
}

function casesOf(sitrepId: string): string {
  return `
    SELECT id AS case_id, ${CASE} AS kind, NULL::uuid AS key, NULL::numeric AS number, engine AS name, comment,
           created_sitrep_id AS asked_in, closed_sitrep_id AS closed_in, NULL::jsonb AS json
      FROM fm_case WHERE sitrep_id = ${sitrepId}`;
}

function ereportsOf(sitrepId: string, withMarks: boolean): string {
  return `
    SELECT case_id, ${EREPORT}, restart_id, ena, NULL::text, comment, assigned_sitrep_id, NULL::uuid,
           ${knownEreport(withMarks)}
      FROM fm_ereport_in_case AS a WHERE sitrep_id = ${sitrepId}`;
}

function requestsOf(sitrepId: string): string {
  return `
    SELECT case_id, ${REQUEST}, id, alert_version, alert_class, comment, requested_sitrep_id, NULL::uuid, payload
      FROM fm_alert_request WHERE sitrep_id = ${sitrepId}`;
}

/** Looked up row by row, since the table is large however small the sitrep is. */
const knownEreport = (withMarks: boolean) => `
           (SELECT to_jsonb(known)
              FROM (SELECT reporter, class, serial_number AS "serialNumber", part_number AS "partNumber",
                           ${timeAsText('time_collected')} AS "timeCollected", body
                           ${withMarks ? ', marked_seen_in IS NOT NULL AS "isSeen"' : ''}
                      FROM ereport WHERE restart_id = a.restart_id AND ena = a.ena) AS known)`;
