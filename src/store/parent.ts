import { formatEna } from '../model/ena.ts';
import type { JsonObject } from '../model/json.ts';
import { assignmentKey, type Heritage, type Parent } from '../model/lineage.ts';
import type { Queryable } from './transaction.ts';

interface CaseRow {
  id: string;
  created_sitrep_id: string;
  closed_sitrep_id: string | null;
}
interface EreportRow {
  case_id: string;
  restart_id: string;
  ena: string;
  assigned_sitrep_id: string;
}
interface HeirloomRow {
  id: string;
  requested_sitrep_id: string;
  generation: number;
}
interface RequestRow extends HeirloomRow {
  case_id: string;
  alert_class: string;
  alert_version: number;
  payload: JsonObject;
}

/** What the children of a sitrep inherit, or null when its row doesn't exist. */
export async function readHeritage(database: Queryable, sitrepId: string): Promise<Heritage | null> {
  const origin = await readOrigin(database, sitrepId);
  if (!origin) return null;
  const { rows } = await database.query<HeirloomRow>(
    'SELECT id, requested_sitrep_id, generation FROM fm_alert_request WHERE sitrep_id = $1',
    [sitrepId],
  );
  const requests = rows.map((row) => [row.id, heirloom(row)] as const);
  return { ...origin, requests: new Map(requests) };
}

/** All that a child may be held against; its payloads make it as large as the document. */
export async function readParent(database: Queryable, sitrepId: string): Promise<Parent | null> {
  const origin = await readOrigin(database, sitrepId);
  if (!origin) return null;
  const { rows } = await database.query<RequestRow>(
    `SELECT id, case_id, alert_class, alert_version, payload, requested_sitrep_id, generation
       FROM fm_alert_request WHERE sitrep_id = $1`,
    [sitrepId],
  );
  const requests = rows.map((row) => {
    const { case_id: caseId, alert_class: name, alert_version: version, payload } = row;
    return [row.id, { ...heirloom(row), caseId, class: name, version, payload }] as const;
  });
  return { ...origin, requests: new Map(requests) };
}

function heirloom({ requested_sitrep_id: requestedSitrepId, generation }: HeirloomRow) {
  return { requestedSitrepId, generation };
}

/** The heritage but for the requests. */
async function readOrigin(database: Queryable, sitrepId: string): Promise<Omit<Heritage, 'requests'> | null> {
  const sitrep = await database.query<{ alert_generation: number }>(
    'SELECT alert_generation FROM fm_sitrep WHERE id = $1',
    [sitrepId],
  );
  const alertGeneration = sitrep.rows[0]?.alert_generation;
  if (alertGeneration === undefined) return null;
  const cases = await database.query<CaseRow>(
    'SELECT id, created_sitrep_id, closed_sitrep_id FROM fm_case WHERE sitrep_id = $1',
    [sitrepId],
  );
  const ereports = await database.query<EreportRow>(
    'SELECT case_id, restart_id, ena, assigned_sitrep_id FROM fm_ereport_in_case WHERE sitrep_id = $1',
    [sitrepId],
  );
  return {
    alertGeneration,
    cases: new Map(
      cases.rows.map((row) => [
        row.id,
        { createdSitrepId: row.created_sitrep_id, closedSitrepId: row.closed_sitrep_id },
      ]),
    ),
    ereports: new Map(
      ereports.rows.map((row) => [
        assignmentKey(row.case_id, row.restart_id, formatEna(BigInt(row.ena))),
        row.assigned_sitrep_id,
      ]),
    ),
  };
}

/** Where a parent stands, and which of the ids of new requests were used before, in one snapshot. */
export interface ParentStanding {
  isHead: boolean;
  inHistory: boolean;
  usedRequestIds: string[];
}

/**
 * One statement on purpose: used ids only count against a child of the head, and as long as the parent is
 * the head nobody can use an id that it doesn't request.
 */
export async function parentStanding(
  database: Queryable,
  parentId: string | null,
  newRequestIds: string[],
): Promise<ParentStanding> {
  const { rows } = await database.query<ParentStanding>(
    `SELECT h.sitrep_id IS NOT DISTINCT FROM $1::uuid AS "isHead",
            CASE WHEN $1::uuid IS NULL THEN h.sitrep_id IS NULL
                 ELSE EXISTS (SELECT FROM fm_sitrep_history WHERE sitrep_id = $1) END AS "inHistory",
            ARRAY(SELECT id FROM unnest($2::uuid[]) AS asked (id)
                   WHERE EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = asked.id)
                      OR EXISTS (SELECT FROM alert WHERE alert.id = asked.id)
                   ORDER BY id) AS "usedRequestIds"
       FROM fm_sitrep_head h`,
    [parentId, newRequestIds],
  );
  return rows[0] as ParentStanding;
}
