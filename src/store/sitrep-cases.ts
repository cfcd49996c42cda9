import type pg from 'pg';
import { formatEna } from '../model/ena.ts';
import type { CaseView } from '../model/views.ts';
import {
  CASE,
  type CaseRow,
  EREPORT,
  type EreportRow,
  REQUEST,
  type RequestRow,
  readCaseRows,
  readCasesInTurn,
  readEreportRows,
  readRequestRows,
} from './case-rows.ts';

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
    for (const row of rows) cases.set(row[0], aCase(row));
  }
  for await (const rows of readEreportRows(client, sitrepId, withMarks)) {
    for (const row of rows) cases.get(row[0])?.ereports.push(anEreport(row));
  }
  for await (const rows of readRequestRows(client, sitrepId)) {
    for (const row of rows) cases.get(row[0])?.alertRequests.push(aRequest(row));
  }
  return [...cases.values()];
}

/**
 * The same as JSON, in pieces that together are the inside of a list; a few of them are in memory at a time. Written
 * from the rows: to parse a payload only to write it again would take longer than all the rest.
 */
export async function* readCasesAsText(client: pg.PoolClient, sitrepId: string): AsyncGenerator<Buffer> {
  let before: Before = null;
  for await (const rows of readCasesInTurn(client, sitrepId)) {
    let text = '';
    for (const row of rows) {
      if (row[1] === CASE) text += `${before ? `${endOf(before)},` : ''}${caseText(row)}`;
      else if (row[1] === EREPORT) text += `${before === EREPORT ? ',' : ''}${ereportText(row)}`;
      else text += `${before === REQUEST ? ',' : REQUESTS}${requestText(row)}`;
      before = row[1];
    }
    yield Buffer.from(text);
  }
  if (before) yield Buffer.from(endOf(before));
}

/** Of which kind the row before was, if there was one. */
type Before = typeof CASE | typeof EREPORT | typeof REQUEST | null;

/** Between the ereports of a case and its requests. */
const REQUESTS = '],"alertRequests":[';

/** The end of a case of which a row of this kind came last. */
function endOf(kind: Before): string {
  return kind === REQUEST ? ']}' : `${REQUESTS}]}`;
}

function aCase([id, , , , engine, comment, createdSitrepId, closedSitrepId]: CaseRow): CaseView {
  const closed = closedSitrepId !== null;
  return { id, engine, closed, comment, createdSitrepId, closedSitrepId, ereports: [], alertRequests: [] };
}

function caseText([id, , , , engine, comment, created, closed]: CaseRow): string {
  return (
    `{"id":"${id}","engine":${JSON.stringify(engine)},"closed":${closed !== null},"comment":${JSON.stringify(comment)},` +
    `"createdSitrepId":"${created}","closedSitrepId":${closed === null ? null : `"${closed}"`},"ereports":[`
  );
}

function anEreport([, , restartId, ena, , comment, assignedSitrepId, , ereport]: EreportRow) {
  const known = ereport === null ? null : JSON.parse(ereport);
  return { restartId, ena: formatEna(BigInt(ena)), comment, assignedSitrepId, ereport: known };
}

function ereportText([, , restartId, ena, , comment, assigned, , ereport]: EreportRow): string {
  return (
    `{"restartId":"${restartId}","ena":"${formatEna(BigInt(ena))}","comment":${JSON.stringify(comment)},` +
    `"assignedSitrepId":"${assigned}","ereport":${ereport}}`
  );
}

function aRequest([, , id, version, alertClass, comment, requestedSitrepId, , payload]: RequestRow) {
  return {
    id,
    class: alertClass,
    version: Number(version),
    payload: JSON.parse(payload),
    comment,
    requestedSitrepId,
  };
}

function requestText([, , id, version, alertClass, comment, requested, , payload]: RequestRow): string {
  return (
    `{"id":"${id}","class":${JSON.stringify(alertClass)},"version":${version},"payload":${payload},` +
    `"comment":${JSON.stringify(comment)},"requestedSitrepId":"${requested}"}`
  );
}
