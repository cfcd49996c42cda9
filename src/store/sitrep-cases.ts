import type pg from 'pg';
import { copyOut } from './copy.ts';
import { timeAsText } from './cursor.ts';
import { enaAsText } from './ena-text.ts';

const NEWLINE = 0x0a;

/**
 * The cases of a sitrep as JSON, in batches: in each, one case or more, separated by commas. They come as they
 * are read, and no faster than they are taken. Must run in a transaction.
 */
export async function* readCases(client: pg.PoolClient, sitrepId: string): AsyncGenerator<Buffer> {
  // A sitrep is new to the statistics when it is read first. A planner that expects a row of it nests loops, and
  // compares each case with each request; merging what is sorted anyway takes as long whatever it expects.
  await client.query('SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = off');
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of copyOut(client, copyOfCases(client.escapeLiteral(sitrepId)))) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(NEWLINE);
    if (end > 0) yield bytes.subarray(1, end);
    rest = bytes.subarray(end + 1);
  }
}

/**
 * A line for each case, each with a comma in front: so that lines in a row are the inside of a JSON list. CSV with
 * a quote and a delimiter that JSON text can't contain is that text as it is. COPY takes no parameters, so the id
 * comes as a literal.
 */
function copyOfCases(sitrepId: string): string {
  return `
  COPY (
    SELECT ',' || left(row_to_json(c)::text, -1)
           || ',"ereports":[' || coalesce(e.items, '') || '],"alertRequests":[' || coalesce(r.items, '') || ']}'
      FROM (SELECT id, engine, closed_sitrep_id IS NOT NULL AS closed, comment,
                   created_sitrep_id AS "createdSitrepId", closed_sitrep_id AS "closedSitrepId"
              FROM fm_case WHERE sitrep_id = ${sitrepId}) AS c
      LEFT JOIN (SELECT case_id, string_agg(${EREPORT}, ',' ORDER BY restart_id, ena) AS items
                   FROM fm_ereport_in_case AS a WHERE sitrep_id = ${sitrepId} GROUP BY case_id) AS e
             ON e.case_id = c.id
      LEFT JOIN (SELECT case_id, string_agg(${REQUEST}, ',' ORDER BY id) AS items
                   FROM fm_alert_request AS a WHERE sitrep_id = ${sitrepId} GROUP BY case_id) AS r
             ON r.case_id = c.id
     ORDER BY c.id
  ) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`;
}

/** Columns as a JSON object of that names. */
function object(columns: string): string {
  return `row_to_json((SELECT fields FROM (SELECT ${columns}) AS fields))::text`;
}

const REQUEST = object(`
  a.id, a.alert_class AS class, a.alert_version AS version, a.payload, a.comment,
  a.requested_sitrep_id AS "requestedSitrepId"`);

/** Looked up row by row, since the table is large however small the sitrep is. */
const KNOWN_EREPORT = `
  (SELECT row_to_json(known)
     FROM (SELECT reporter, class, serial_number AS "serialNumber", part_number AS "partNumber",
                  ${timeAsText('time_collected')} AS "timeCollected", body
             FROM ereport WHERE restart_id = a.restart_id AND ena = a.ena) AS known)`;

const EREPORT = object(`
  a.restart_id AS "restartId", ${enaAsText('a.ena')} AS ena, a.comment,
  a.assigned_sitrep_id AS "assignedSitrepId", ${KNOWN_EREPORT} AS ereport`);
