import type pg from 'pg';
import type { AlertView, Page } from '../model/views.ts';
import { type By, record } from './audit.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import { type Queryable, transaction } from './transaction.ts';

const COLUMNS = `
  id, class, version, payload, case_id AS "caseId", requested_sitrep_id AS "requestedSitrepId",
         ${timeAsText('time_created')} AS "timeCreated",
         ${timeAsText('time_dispatched')} AS "timeDispatched", num_dispatched AS "numDispatched"`;
const ALERT = `SELECT ${COLUMNS} FROM alert`;

/** Alerts newest first. */
export async function listAlerts(
  pool: pg.Pool,
  query: { limit: number; cursor?: string; class?: string; caseId?: string },
): Promise<Page<AlertView>> {
  const after = readCursor(query.cursor);
  const { rows } = await pool.query<AlertView>(
    `${ALERT}
      WHERE ($2::timestamptz IS NULL OR (time_created, id) < ($2, $3::uuid))
        AND ($4::text IS NULL OR class = $4)
        AND ($5::uuid IS NULL OR case_id = $5)
      ORDER BY time_created DESC, id DESC LIMIT $1`,
    [query.limit + 1, after?.time ?? null, after?.id ?? null, query.class ?? null, query.caseId ?? null],
  );
  return pageOf(rows, query.limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

export async function readAlert(database: Queryable, id: string): Promise<AlertView | null> {
  const { rows } = await database.query<AlertView>(`${ALERT} WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

/**
 * Deletes an alert for good: its marker stays, so no rendezvous makes it again; what was to be delivered of it is
 * skipped. False when there is none, whether it was deleted before or never made.
 */
export async function deleteAlert(pool: pg.Pool, id: string, by: By = null): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<AlertView>(`DELETE FROM alert WHERE id = $1 RETURNING ${COLUMNS}`, [
      id,
    ]);
    // A statement of its own: the deletion may have waited for a dispatch that was just making these. By receiver, or
    // two deletions and two receivers that are disabled could wait for each other in a circle.
    await client.query(
      `UPDATE delivery SET state = 'skipped', skipped_because = 'alert-deleted', time_ended = now()
        WHERE id IN (SELECT id FROM delivery WHERE alert_id = $1 AND state = 'pending' ORDER BY receiver_id FOR UPDATE)`,
      [id],
    );
    const [before] = rows;
    if (!before) return false;
    await record(client, by, { action: 'alert.deleted', thing: id, before });
    return true;
  });
}
