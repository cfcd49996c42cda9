import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { expect } from 'vitest';
import { formatEna } from '../../../src/model/ena.ts';
import { requestsOf, type World } from './world.ts';

/** The rows of each table in the order of their keys; of a time only whether it is set. */
export type Tables = Record<string, unknown[][]>;

/** Holds every row of every table against the model. One statement, since it is asked after every step. */
export async function compareTables(world: World, pool: pg.Pool): Promise<void> {
  const found = await readTables(pool);
  const meant = tablesOf(world);
  // The quick look first; the matcher tells the rows that differ.
  if (!isDeepStrictEqual(found, meant)) expect(found).toEqual(meant);
}

export async function readTables(pool: pg.Pool): Promise<Tables> {
  const { rows } = await pool.query<{ tables: Tables }>({ name: 'tables of the model', text: STATEMENT });
  const tables = rows[0]?.tables ?? {};
  for (const row of tables.ereports ?? []) row[3] = formatEna(BigInt(String(row[3])));
  return tables;
}

const rowsOf = (table: string, key: string, columns: string) =>
  `(SELECT coalesce(json_agg(json_build_array(${columns}) ORDER BY ${key}), '[]') FROM ${table})`;

const STATEMENT = `
  SELECT json_build_object(
    'head', ${rowsOf('fm_sitrep_head', 'only_row', 'version, sitrep_id, alert_generation')},
    'progress', ${rowsOf("(SELECT * FROM fm_rendezvous_progress WHERE kind = 'alert') AS p", 'kind', 'generation, sitrep_id, time_met IS NOT NULL, examined, created')},
    'history', ${rowsOf('fm_sitrep_history', 'version', 'version, sitrep_id')},
    'sitreps', ${rowsOf('fm_sitrep', 'id', "id, parent_sitrep_id, creator, comment, encode(digest, 'hex'), alert_generation, time_released IS NOT NULL")},
    'cases', ${rowsOf('fm_case', 'sitrep_id, id', 'sitrep_id, id, engine, created_sitrep_id, closed_sitrep_id, comment')},
    'ereports', ${rowsOf('fm_ereport_in_case', 'sitrep_id, case_id, restart_id, ena', 'sitrep_id, case_id, restart_id, ena, assigned_sitrep_id, comment')},
    'requests', ${rowsOf('fm_alert_request', 'sitrep_id, id', 'sitrep_id, id, requested_sitrep_id, case_id, alert_class, alert_version, payload, generation, comment')},
    'alerts', ${rowsOf('alert', 'id', 'id, class, version, payload, case_id, num_dispatched')},
    'markers', ${rowsOf('rendezvous_alert_created', 'alert_id', 'alert_id, sitrep_id')},
    'submissions', ${rowsOf('sitrep_submission', 'sitrep_id', "sitrep_id, parent_sitrep_id, creator, comment, encode(digest, 'hex'), document")}
  ) AS tables`;

export function tablesOf(world: World): Tables {
  const { head, progress } = world;
  const sitreps = [...world.sitreps.values()];
  return {
    head: [[head.version, head.sitrepId, head.generation]],
    progress: [
      [
        progress.generation,
        progress.sitrepId,
        progress.sitrepId !== null,
        progress.examined,
        progress.created,
      ],
    ],
    history: world.history.map(({ version, sitrepId }) => [version, sitrepId]),
    sitreps: inOrder(
      sitreps.map(({ id, parentId, creator, comment, digest, generation, released }) => [
        id,
        parentId,
        creator,
        comment,
        digest,
        generation,
        released,
      ]),
    ),
    cases: inOrder(
      sitreps.flatMap(({ id, cases }) =>
        cases.map((one) => [id, one.id, one.engine, one.createdIn, one.closedIn, one.comment]),
      ),
    ),
    ereports: inOrder(
      sitreps.flatMap(({ id, cases }) =>
        cases.flatMap((one) =>
          one.ereports.map(({ restartId, ena, assignedIn, comment }) => [
            id,
            one.id,
            restartId,
            ena,
            assignedIn,
            comment,
          ]),
        ),
      ),
    ),
    requests: inOrder(
      sitreps.flatMap((sitrep) =>
        requestsOf(sitrep).map((one) => [
          sitrep.id,
          one.id,
          one.requestedIn,
          one.caseId,
          one.class,
          one.version,
          one.payload,
          one.generation,
          one.comment,
        ]),
      ),
    ),
    alerts: inOrder(
      [...world.alerts.values()].map((alert) => [
        alert.id,
        alert.class,
        alert.version,
        alert.payload,
        alert.caseId,
        0,
      ]),
    ),
    markers: inOrder([...world.markers]),
    submissions: inOrder(
      [...world.submissions.values()].map(({ document, digest, canonical }) => [
        document.id,
        document.parentId,
        document.creator,
        document.comment,
        digest,
        canonical.toString(),
      ]),
    ),
  };
}

/** By the leading columns, all of which are ids or, in one table, an ereport's number of one digit. */
function inOrder(rows: unknown[][]): unknown[][] {
  const key = (row: unknown[]) => row.slice(0, 4).join(' ');
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
