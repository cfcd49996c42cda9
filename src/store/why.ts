import type pg from 'pg';
import { MAX_EREPORTS_TOLD } from '../model/limits.ts';
import type { CausingCase, CausingEreport, WhyView } from '../model/why.ts';
import { readAlert } from './alert.ts';
import { timeAsText } from './cursor.ts';
import { enaAsText } from './ena-text.ts';
import { EREPORT_COLUMNS } from './ereport-read.ts';
import { ONE_SNAPSHOT, sitrepHeading } from './sitrep-read.ts';
import { type Queryable, transaction } from './transaction.ts';

/**
 * The chain that leads to an alert, in one snapshot; of one that was deleted, as long as a version in history requests
 * it. Null when nothing is known of that id.
 */
export async function whyAlert(pool: pg.Pool, alertId: string): Promise<WhyView | null> {
  return transaction(pool, (client) => chainTo(client, alertId), ONE_SNAPSHOT);
}

async function chainTo(client: Queryable, alertId: string): Promise<WhyView | null> {
  // Versions are walked from the newest on, with one look by key into each. A planner that does not know how soon that
  // ends would rather read every request of every sitrep.
  await client.query(
    `SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
     SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off`,
  );
  const alert = await readAlert(client, alertId);
  const request = await newestRequest(client, alertId);
  const known = alert ?? request;
  if (!known) return null;
  const { caseId, requestedSitrepId: askingId } = known;
  return {
    alertId,
    alert,
    made: await readMarker(client, alertId),
    request,
    askedBy:
      askingId === null ? null : { id: askingId, heading: await sitrepHeading(client, { id: askingId }) },
    case: caseId === null ? null : await newestCase(client, caseId, askingId),
  };
}

async function readMarker(client: Queryable, alertId: string): Promise<WhyView['made']> {
  const { rows } = await client.query<NonNullable<WhyView['made']>>(
    `SELECT sitrep_id AS "sitrepId", ${timeAsText('time_created')} AS time
       FROM rendezvous_alert_created WHERE alert_id = $1`,
    [alertId],
  );
  return rows[0] ?? null;
}

/** As JSON, for it goes out as it comes. */
const AS_IN = `json_build_object('sitrepId', hist.sitrep_id, 'version', hist.version) AS "asIn"`;

async function newestRequest(client: Queryable, alertId: string): Promise<WhyView['request']> {
  const { rows } = await client.query<NonNullable<WhyView['request']>>(
    `SELECT ${AS_IN}, r.id, r.alert_class AS class, r.alert_version AS version, r.payload, r.comment,
            r.requested_sitrep_id AS "requestedSitrepId", r.case_id AS "caseId"
       FROM fm_sitrep_history hist
       JOIN fm_alert_request r ON r.sitrep_id = hist.sitrep_id AND r.id = $1
      ORDER BY hist.version DESC LIMIT 1`,
    [alertId],
  );
  return rows[0] ?? null;
}

type CaseRow = Omit<CausingCase, 'ereports' | 'ereportCount'>;

async function newestCase(
  client: Queryable,
  caseId: string,
  askingId: string | null,
): Promise<CausingCase | null> {
  const { rows } = await client.query<CaseRow>(
    `SELECT ${AS_IN}, c.id, c.engine, c.closed_sitrep_id IS NOT NULL AS closed, c.comment,
            c.created_sitrep_id AS "createdSitrepId", c.closed_sitrep_id AS "closedSitrepId"
       FROM fm_sitrep_history hist
       JOIN fm_case c ON c.sitrep_id = hist.sitrep_id AND c.id = $1
      ORDER BY hist.version DESC LIMIT 1`,
    [caseId],
  );
  const found = rows[0];
  if (!found) return null;
  const place = [found.asIn.sitrepId, caseId];
  return {
    ...found,
    ereportCount: await countEreports(client, place),
    ereports: await readEreports(client, place, askingId),
  };
}

async function countEreports(client: Queryable, place: string[]): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*) AS count FROM fm_ereport_in_case WHERE sitrep_id = $1 AND case_id = $2',
    place,
  );
  return rows[0]?.count ?? 0;
}

/** Those are chosen first, and looked up then: of 150,000 in a case only a few are told. */
async function readEreports(
  client: Queryable,
  place: string[],
  askingId: string | null,
): Promise<CausingEreport[]> {
  const order = 'a.assigned_sitrep_id IS NOT DISTINCT FROM $3::uuid DESC, a.restart_id, a.ena';
  const { rows } = await client.query<CausingEreport>(
    `SELECT a.restart_id AS "restartId", ${enaAsText('a.ena')} AS ena, a.comment,
            a.assigned_sitrep_id AS "assignedSitrepId",
            (SELECT row_to_json(known)
               FROM (SELECT ${EREPORT_COLUMNS} FROM ereport
                      WHERE restart_id = a.restart_id AND ereport.ena = a.ena) AS known) AS ereport
       FROM (SELECT * FROM fm_ereport_in_case AS a WHERE sitrep_id = $1 AND case_id = $2
              ORDER BY ${order} LIMIT $4) AS a
      ORDER BY ${order}`,
    [...place, askingId, MAX_EREPORTS_TOLD],
  );
  return rows;
}
