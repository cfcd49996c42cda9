import type pg from 'pg';
import type { CaseView } from '../model/views.ts';
import {
  CASE,
  CASE_ID,
  CLOSED_IN,
  COMMENT,
  ENA,
  EREPORT,
  JSON_VALUE,
  KEY,
  KIND,
  NAME,
  REQUEST,
  readCaseRows,
  readCasesInTurn,
  readEreportRows,
  readRequestRows,
  SINCE,
  VERSION,
} from './case-rows.ts';
import type { Rows } from './copy-out.ts';
import { JsonBuffer } from './json-buffer.ts';

type EreportView = CaseView['ereports'][number];
type RequestView = CaseView['alertRequests'][number];

/** The cases of a sitrep. `withMarks`: each ereport says whether it is marked as seen. Must run in a transaction. */
export async function readCases(
  client: pg.PoolClient,
  sitrepId: string,
  { withMarks = false } = {},
): Promise<CaseView[]> {
  // An index has the rows of each table in order; to sort them would take as long as to read them.
  await client.query('SET LOCAL enable_sort = off');
  const cases = new Map<string, CaseView>();
  for await (const rows of readCaseRows(client, sitrepId)) {
    while (rows.next()) cases.set(rows.uuid(CASE_ID), aCase(rows));
  }
  for await (const rows of readEreportRows(client, sitrepId, withMarks)) {
    while (rows.next()) cases.get(rows.uuid(CASE_ID))?.ereports.push(anEreport(rows));
  }
  for await (const rows of readRequestRows(client, sitrepId)) {
    while (rows.next()) cases.get(rows.uuid(CASE_ID))?.alertRequests.push(aRequest(rows));
  }
  return [...cases.values()];
}

function aCase(row: Rows): CaseView {
  const isClosed = !row.isNull(CLOSED_IN);
  return {
    id: row.uuid(CASE_ID),
    engine: row.text(NAME),
    closed: isClosed,
    comment: row.text(COMMENT),
    createdSitrepId: row.uuid(SINCE),
    closedSitrepId: isClosed ? row.uuid(CLOSED_IN) : null,
    ereports: [],
    alertRequests: [],
  };
}

function anEreport(row: Rows): EreportView {
  return {
    restartId: row.uuid(KEY),
    ena: row.ena(ENA),
    comment: row.text(COMMENT),
    assignedSitrepId: row.uuid(SINCE),
    ereport: row.json(JSON_VALUE) as EreportView['ereport'],
  };
}

function aRequest(row: Rows): RequestView {
  return {
    id: row.uuid(KEY),
    class: row.text(NAME),
    version: row.int4(VERSION),
    payload: row.json(JSON_VALUE) as RequestView['payload'],
    comment: row.text(COMMENT),
    requestedSitrepId: row.uuid(SINCE),
  };
}

/** Room for the JSON of what comes in one piece; it grows where that is not enough. */
const PIECE_BYTES = 256 * 1024;

/**
 * The same as JSON, in pieces that together are the inside of a list; a few of them are in memory at a time. Written
 * from the bytes of the rows: to make objects of them only to write them again would take longer than all the rest.
 */
export async function* readCasesAsText(client: pg.PoolClient, sitrepId: string): AsyncGenerator<Buffer> {
  const json = new JsonBuffer(PIECE_BYTES);
  let before: number | null = null;
  for await (const rows of readCasesInTurn(client, sitrepId)) {
    while (rows.next()) {
      const kind = rows.int4(KIND);
      if (kind === CASE) {
        if (before !== null) json.ascii(`${endOf(before)},`);
        writeCase(json, rows);
      } else if (kind === EREPORT) {
        if (before === EREPORT) json.ascii(',');
        writeEreport(json, rows);
      } else {
        json.ascii(before === REQUEST ? ',' : REQUESTS);
        writeRequest(json, rows);
      }
      before = kind;
    }
    if (json.length > 0) yield json.take();
  }
  if (before !== null) yield Buffer.from(endOf(before));
}

/** Between the ereports of a case and its requests. */
const REQUESTS = '],"alertRequests":[';

/** The end of a case of which a row of this kind came last. */
function endOf(kind: number): string {
  return kind === REQUEST ? ']}' : `${REQUESTS}]}`;
}

function writeCase(json: JsonBuffer, row: Rows): void {
  json.ascii('{"id":');
  json.uuid(row, CASE_ID);
  json.ascii(',"engine":');
  json.string(row, NAME);
  json.ascii(row.isNull(CLOSED_IN) ? ',"closed":false,"comment":' : ',"closed":true,"comment":');
  json.string(row, COMMENT);
  json.ascii(',"createdSitrepId":');
  json.uuid(row, SINCE);
  json.ascii(',"closedSitrepId":');
  json.uuid(row, CLOSED_IN);
  json.ascii(',"ereports":[');
}

function writeEreport(json: JsonBuffer, row: Rows): void {
  json.ascii('{"restartId":');
  json.uuid(row, KEY);
  json.ascii(`,"ena":"${row.ena(ENA)}","comment":`);
  json.string(row, COMMENT);
  json.ascii(',"assignedSitrepId":');
  json.uuid(row, SINCE);
  json.ascii(',"ereport":');
  json.json(row, JSON_VALUE);
  json.ascii('}');
}

function writeRequest(json: JsonBuffer, row: Rows): void {
  json.ascii('{"id":');
  json.uuid(row, KEY);
  json.ascii(',"class":');
  json.string(row, NAME);
  json.ascii(`,"version":${row.int4(VERSION)},"payload":`);
  json.json(row, JSON_VALUE);
  json.ascii(',"comment":');
  json.string(row, COMMENT);
  json.ascii(',"requestedSitrepId":');
  json.uuid(row, SINCE);
  json.ascii('}');
}
