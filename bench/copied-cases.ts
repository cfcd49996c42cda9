import type pg from 'pg';
import { to } from 'pg-copy-streams';
import type { CaseView } from '../src/model/views.ts';

type CaseRow = [id: string, engine: string, comment: string, created: string, closed: string | null];
type EreportRow = [
  caseId: string,
  restartId: string,
  ena: string,
  comment: string,
  assigned: string,
  ereport: string | null,
];
type RequestRow = [
  caseId: string,
  id: string,
  name: string,
  version: string,
  payload: string,
  comment: string,
  requested: string,
];

/**
 * The cases of a sitrep as a read gives them, the shortest way: the rows of each table in their order by COPY, parsed,
 * and put together. What nobody can do without is in it, and nothing else: neither one snapshot nor a bound on memory.
 */
export async function copyOutCases(pool: pg.Pool, sitrepId: string): Promise<CaseView[]> {
  const cases = new Map<string, CaseView>();
  const client = await pool.connect();
  try {
    for await (const batch of copyOutRows<CaseRow>(client, CASES(sitrepId))) {
      for (const [id, engine, comment, createdSitrepId, closedSitrepId] of batch) {
        const closed = closedSitrepId !== null;
        const lists = { ereports: [], alertRequests: [] };
        cases.set(id, { id, engine, closed, comment, createdSitrepId, closedSitrepId, ...lists });
      }
    }
    for await (const batch of copyOutRows<EreportRow>(client, EREPORTS(sitrepId))) {
      for (const [caseId, restartId, ena, comment, assignedSitrepId, ereport] of batch) {
        cases.get(caseId)?.ereports.push({
          restartId,
          ena: `0x${BigInt(ena).toString(16)}`,
          comment,
          assignedSitrepId,
          ereport: JSON.parse(ereport ?? 'null'),
        });
      }
    }
    for await (const batch of copyOutRows<RequestRow>(client, REQUESTS(sitrepId))) {
      for (const [caseId, id, name, version, payload, comment, requestedSitrepId] of batch) {
        cases.get(caseId)?.alertRequests.push({
          id,
          class: name,
          version: Number(version),
          payload: JSON.parse(payload),
          comment,
          requestedSitrepId,
        });
      }
    }
    return [...cases.values()];
  } finally {
    client.release();
  }
}

const CASES = (id: string) => `
  SELECT id, engine, comment, created_sitrep_id, closed_sitrep_id
    FROM fm_case WHERE sitrep_id = '${id}' ORDER BY id`;
const EREPORTS = (id: string) => `
  SELECT a.case_id, a.restart_id, a.ena, a.comment, a.assigned_sitrep_id,
         CASE WHEN e.ena IS NOT NULL THEN row_to_json(e) END
    FROM fm_ereport_in_case a LEFT JOIN ereport e ON e.restart_id = a.restart_id AND e.ena = a.ena
   WHERE a.sitrep_id = '${id}' ORDER BY a.case_id, a.restart_id, a.ena`;
const REQUESTS = (id: string) => `
  SELECT case_id, id, alert_class, alert_version, payload, comment, requested_sitrep_id
    FROM fm_alert_request WHERE sitrep_id = '${id}' ORDER BY case_id, id`;

/** The rows of a query by text COPY, in batches: a promise for each row would cost more than the row. */
async function* copyOutRows<Row extends readonly (string | null)[]>(
  client: pg.PoolClient,
  query: string,
): AsyncGenerator<Row[]> {
  let rest = '';
  for await (const text of client.query(to(`COPY (${query}) TO STDOUT`)).setEncoding('utf8')) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length === 0) continue;
    yield lines.map((line) => line.split('\t').map(unescaped) as readonly (string | null)[] as Row);
  }
}

/** The letters that stand for something else behind a backslash; any other stands for itself. */
const ESCAPED: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(field: string): string | null {
  if (field === '\\N') return null;
  if (!field.includes('\\')) return field;
  return field.replace(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character);
}
