import type pg from 'pg';
import { to } from 'pg-copy-streams';
import type { CaseView } from '../src/model/views.ts';

type Fields = (string | null)[];

/**
 * The cases of a sitrep as a read gives them, the shortest way: the rows of each table in their order by COPY, parsed,
 * and put together. What nobody can do without is in it, and nothing else: neither one snapshot nor a bound on memory.
 */
export async function copyOutCases(pool: pg.Pool, sitrepId: string): Promise<CaseView[]> {
  const cases = new Map<string, CaseView>();
  const client = await pool.connect();
  try {
    const rowsOf = (select: string) => copiedRows(client, select.replace('$1', `'${sitrepId}'`));
    for await (const batch of rowsOf(CASES)) {
      for (const [id, engine, comment, created, closed] of batch) {
        cases.set(must(id), {
          id: must(id),
          engine: must(engine),
          closed: closed !== null && closed !== undefined,
          comment: must(comment),
          createdSitrepId: must(created),
          closedSitrepId: closed ?? null,
          ereports: [],
          alertRequests: [],
        });
      }
    }
    for await (const batch of rowsOf(EREPORTS)) {
      for (const [caseId, restartId, ena, comment, assigned, ereport] of batch) {
        cases.get(must(caseId))?.ereports.push({
          restartId: must(restartId),
          ena: `0x${BigInt(must(ena)).toString(16)}`,
          comment: must(comment),
          assignedSitrepId: must(assigned),
          ereport: JSON.parse(ereport ?? 'null'),
        });
      }
    }
    for await (const batch of rowsOf(REQUESTS)) {
      for (const [caseId, id, name, version, payload, comment, requested] of batch) {
        cases.get(must(caseId))?.alertRequests.push({
          id: must(id),
          class: must(name),
          version: Number(version),
          payload: JSON.parse(must(payload)),
          comment: must(comment),
          requestedSitrepId: must(requested),
        });
      }
    }
    return [...cases.values()];
  } finally {
    client.release();
  }
}

const CASES = `
  SELECT id, engine, comment, created_sitrep_id, closed_sitrep_id
    FROM fm_case WHERE sitrep_id = $1 ORDER BY id`;
const EREPORTS = `
  SELECT a.case_id, a.restart_id, a.ena, a.comment, a.assigned_sitrep_id,
         CASE WHEN e.ena IS NOT NULL THEN row_to_json(e) END
    FROM fm_ereport_in_case a LEFT JOIN ereport e ON e.restart_id = a.restart_id AND e.ena = a.ena
   WHERE a.sitrep_id = $1 ORDER BY a.case_id, a.restart_id, a.ena`;
const REQUESTS = `
  SELECT case_id, id, alert_class, alert_version, payload, comment, requested_sitrep_id
    FROM fm_alert_request WHERE sitrep_id = $1 ORDER BY case_id, id`;

/** A batch at a time: a promise for each row would cost more than the row. */
async function* copiedRows(client: pg.PoolClient, select: string): AsyncGenerator<Fields[]> {
  let rest = '';
  for await (const text of client.query(to(`COPY (${select}) TO STDOUT`)).setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield lines.map((line) => line.split('\t').map(unescaped));
  }
}

const ESCAPED: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
function unescaped(field: string): string | null {
  if (field === '\\N') return null;
  if (!field.includes('\\')) return field;
  return field.replace(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character);
}

function must(field: string | null | undefined): string {
  if (field === null || field === undefined) throw new Error('A field is missing in a copied row.');
  return field;
}
