import type { AlertRequest, CaseDocument, EreportAssignment, SitrepDocument } from '../model/sitrep.ts';
import { enaAsText } from './ena-text.ts';
import type { Queryable } from './transaction.ts';

/**
 * A sitrep as it was submitted, in its normal form, or null when its row doesn't exist. Several statements: read it in
 * one snapshot.
 */
export async function readDocument(database: Queryable, sitrepId: string): Promise<SitrepDocument | null> {
  const { rows } = await database.query<Omit<SitrepDocument, 'cases'>>(
    'SELECT id, parent_sitrep_id AS "parentId", creator, comment FROM fm_sitrep WHERE id = $1',
    [sitrepId],
  );
  const [top] = rows;
  if (!top) return null;
  const cases = await database.query<Omit<CaseDocument, 'ereports' | 'alertRequests'>>(
    `SELECT id, engine, closed_sitrep_id IS NOT NULL AS closed, comment
       FROM fm_case WHERE sitrep_id = $1 ORDER BY id`,
    [sitrepId],
  );
  const ereports = await database.query<EreportAssignment & InCase>(
    `SELECT case_id AS "caseId", restart_id AS "restartId", ${enaAsText('a.ena')} AS ena, comment
       FROM fm_ereport_in_case AS a WHERE sitrep_id = $1 ORDER BY case_id, restart_id, a.ena`,
    [sitrepId],
  );
  const requests = await database.query<AlertRequest & InCase>(
    `SELECT case_id AS "caseId", id, alert_class AS class, alert_version AS version, payload, comment
       FROM fm_alert_request WHERE sitrep_id = $1 ORDER BY id`,
    [sitrepId],
  );
  const ereportsOf = byCase(ereports.rows);
  const requestsOf = byCase(requests.rows);
  return {
    ...top,
    cases: cases.rows.map((oneCase) => ({
      ...oneCase,
      ereports: ereportsOf.get(oneCase.id) ?? [],
      alertRequests: requestsOf.get(oneCase.id) ?? [],
    })),
  };
}

interface InCase {
  caseId: string;
}

function byCase<Item>(rows: (Item & InCase)[]): Map<string, Omit<Item & InCase, 'caseId'>[]> {
  const items = new Map<string, Omit<Item & InCase, 'caseId'>[]>();
  for (const { caseId, ...item } of rows) {
    const others = items.get(caseId);
    if (others) others.push(item);
    else items.set(caseId, [item]);
  }
  return items;
}
