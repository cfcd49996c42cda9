import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Action } from '../model/audit.ts';
import type { DisabledBecause, ReceiverChange, ReceiverInput, ReceiverView } from '../model/receiver.ts';
import { receiverWorkflowId } from '../model/receiver-workflow.ts';
import type { Page } from '../model/views.ts';
import { type By, record } from './audit.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import { addSecret, type SealedSecret } from './receiver-secret.ts';
import { replaceSubscriptions } from './receiver-subscription.ts';
import { type Queryable, sqlState, transaction, UNIQUE_VIOLATION } from './transaction.ts';

export type ReceiverWritten =
  | { kind: 'written'; receiver: ReceiverView }
  | { kind: 'gone' }
  | { kind: 'nameTaken' };

const RECEIVER = `
  SELECT r.id, r.name, r.endpoint, r.description, r.disabled_because IS NULL AS enabled,
         r.disabled_because AS "disabledBecause", ${timeAsText('r.time_disabled')} AS "timeDisabled",
         ${timeAsText('r.failing_since')} AS "failingSince",
         ARRAY(SELECT s.pattern FROM receiver_subscription s WHERE s.receiver_id = r.id ORDER BY 1) AS subscriptions,
         r.retry_delays AS "retryDelays", ${timeAsText('r.time_created')} AS "timeCreated",
         ${timeAsText('r.time_modified')} AS "timeModified",
         (SELECT count(*) FROM delivery d WHERE d.receiver_id = r.id AND d.state = 'pending') AS pending
    FROM receiver r`;
type Row = Omit<ReceiverView, 'workflowId'>;

/** Makes a receiver with its first secret, together or not at all. */
export function createReceiver(
  pool: pg.Pool,
  id: string,
  input: ReceiverInput,
  secret: SealedSecret,
  by: By = null,
): Promise<ReceiverWritten> {
  return written(pool, async (client) => {
    await client.query(
      `INSERT INTO receiver (id, name, description, endpoint, retry_delays, disabled_because, time_disabled)
       VALUES ($1, $2, $3, $4, $5, CASE WHEN NOT $6 THEN 'operator' END, CASE WHEN NOT $6 THEN now() END)`,
      [id, input.name, input.description, input.endpoint, input.retryDelays, input.enabled],
    );
    await replaceSubscriptions(client, id, input.subscriptions);
    await addSecret(client, id, secret);
    return recorded(client, by, 'receiver.created', null, await readReceiver(client, id));
  });
}

export function updateReceiver(
  pool: pg.Pool,
  id: string,
  { name, endpoint, description, retryDelays, enabled, subscriptions }: ReceiverChange,
  by: By = null,
): Promise<ReceiverWritten> {
  return written(pool, async (client) => {
    const before = await lockedReceiver(client, id);
    if (!before) return null;
    await client.query(
      `UPDATE receiver SET name = coalesce($2, name), endpoint = coalesce($3, endpoint),
              description = coalesce($4, description), retry_delays = coalesce($5, retry_delays)
        WHERE id = $1`,
      [id, name, endpoint, description, retryDelays],
    );
    if (enabled === true) await enable(client, id);
    if (enabled === false) await disableReceiver(client, id, 'operator', new Date());
    if (subscriptions) await replaceSubscriptions(client, id, subscriptions);
    const after = await readReceiver(client, id);
    if (isDeepStrictEqual(onRecord(before), onRecord(after))) return after;
    await client.query('UPDATE receiver SET time_modified = now() WHERE id = $1', [id]);
    return recorded(client, by, 'receiver.changed', before, await readReceiver(client, id));
  });
}

/** Ends what is pending as well; the record of all that was sent goes with it. False when there is none. */
export function deleteReceiver(pool: pg.Pool, id: string, by: By = null): Promise<boolean> {
  return transaction(pool, async (client) => {
    const before = await lockedReceiver(client, id);
    if (!before) return false;
    await client.query('DELETE FROM receiver WHERE id = $1', [id]);
    await recorded(client, by, 'receiver.deleted', before, null);
    return true;
  });
}

/** As strongly as a deletion or another name will need it: who first took less could wait for more in a circle. */
async function lockedReceiver(client: Queryable, id: string): Promise<ReceiverView | null> {
  await client.query('SELECT FROM receiver WHERE id = $1 FOR UPDATE', [id]);
  return readReceiver(client, id);
}

async function recorded<After extends ReceiverView | null>(
  client: Queryable,
  by: By,
  action: Action,
  before: ReceiverView | null,
  after: After,
): Promise<After> {
  const thing = (before ?? after)?.id;
  if (thing) await record(client, by, { action, thing, before: onRecord(before), after: onRecord(after) });
  return after;
}

/** What an operator decides of it. */
function onRecord(receiver: ReceiverView | null) {
  if (!receiver) return null;
  const { name, endpoint, description, enabled, subscriptions, retryDelays } = receiver;
  return { name, endpoint, description, enabled, subscriptions, retryDelays };
}

export async function readReceiver(database: Queryable, id: string): Promise<ReceiverView | null> {
  const { rows } = await database.query<Row>(`${RECEIVER} WHERE r.id = $1`, [id]);
  return rows[0] ? viewOf(rows[0]) : null;
}

/** Receivers newest first. */
export async function listReceivers(
  pool: pg.Pool,
  { limit, cursor, name }: { limit: number; cursor?: string; name?: string },
): Promise<Page<ReceiverView>> {
  const after = readCursor(cursor);
  const { rows } = await pool.query<Row>(
    `${RECEIVER}
      WHERE ($2::timestamptz IS NULL OR (r.time_created, r.id) < ($2, $3::uuid))
        AND ($4::text IS NULL OR r.name = $4)
      ORDER BY r.time_created DESC, r.id DESC LIMIT $1`,
    [limit + 1, after?.time ?? null, after?.id ?? null, name ?? null],
  );
  return pageOf(rows.map(viewOf), limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

/**
 * Disables a receiver, and ends its pending deliveries as skipped: listed, and to be sent again by hand. False when it
 * was disabled already. Whoever makes deliveries locks their receiver first, so that none comes after this.
 */
export async function disableReceiver(
  database: Queryable,
  id: string,
  because: DisabledBecause,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE receiver SET disabled_because = $2, time_disabled = now() WHERE id = $1 AND disabled_because IS NULL`,
    [id, because],
  );
  await database.query(
    `UPDATE delivery SET state = 'skipped', skipped_because = 'receiver-disabled', time_ended = $2
      WHERE id IN (SELECT id FROM delivery WHERE receiver_id = $1 AND state = 'pending' ORDER BY id FOR UPDATE)`,
    [id, now],
  );
  return rowCount === 1;
}

/** Begins with a clean slate, or the failures of before would disable it at once. */
async function enable(client: Queryable, id: string): Promise<void> {
  await client.query(
    `UPDATE receiver SET disabled_because = NULL, time_disabled = NULL, failing_since = NULL
      WHERE id = $1 AND disabled_because IS NOT NULL`,
    [id],
  );
}

async function written(
  pool: pg.Pool,
  write: (client: pg.PoolClient) => Promise<ReceiverView | null>,
): Promise<ReceiverWritten> {
  try {
    return await transaction(pool, async (client) => {
      const receiver = await write(client);
      return receiver ? { kind: 'written', receiver } : { kind: 'gone' };
    });
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'nameTaken' };
    throw error;
  }
}

function viewOf(row: Row): ReceiverView {
  return { ...row, workflowId: receiverWorkflowId(row.id) };
}
