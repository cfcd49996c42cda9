import type pg from 'pg';
import { MAX_SUBSCRIPTIONS } from '../model/receiver.ts';
import { patternRegex } from '../model/subscription.ts';
import { type By, record } from './audit.ts';
import { type Queryable, transaction } from './transaction.ts';

export type Subscribed = 'added' | 'there' | 'tooMany' | 'gone';

export type Unsubscribed = 'removed' | 'notThere' | 'gone';

/** In place of all that it was subscribed to. The receiver is locked by whoever changes it. */
export async function replaceSubscriptions(
  client: Queryable,
  receiverId: string,
  patterns: readonly string[],
): Promise<void> {
  await client.query('DELETE FROM receiver_subscription WHERE receiver_id = $1', [receiverId]);
  await insert(client, receiverId, patterns);
}

export function addSubscription(
  pool: pg.Pool,
  receiverId: string,
  pattern: string,
  by: By = null,
): Promise<Subscribed> {
  return transaction(pool, async (client) => {
    const patterns = await lockedSubscriptions(client, receiverId);
    if (!patterns) return 'gone';
    if (patterns.includes(pattern)) return 'there';
    if (patterns.length >= MAX_SUBSCRIPTIONS) return 'tooMany';
    await insert(client, receiverId, [pattern]);
    await touch(client, receiverId);
    await recordPatterns(client, by, receiverId, patterns, [...patterns, pattern].sort());
    return 'added';
  });
}

/** Each pattern is matched by itself, so what another one covers as well still comes. */
export function removeSubscription(
  pool: pg.Pool,
  receiverId: string,
  pattern: string,
  by: By = null,
): Promise<Unsubscribed> {
  return transaction(pool, async (client) => {
    const patterns = await lockedSubscriptions(client, receiverId);
    if (!patterns) return 'gone';
    if (!patterns.includes(pattern)) return 'notThere';
    await client.query('DELETE FROM receiver_subscription WHERE receiver_id = $1 AND pattern = $2', [
      receiverId,
      pattern,
    ]);
    await touch(client, receiverId);
    const left = patterns.filter((one) => one !== pattern);
    await recordPatterns(client, by, receiverId, patterns, left);
    return 'removed';
  });
}

/** Null when there is no such receiver. It stays locked, so that of any number at once none miscounts. */
async function lockedSubscriptions(client: Queryable, receiverId: string): Promise<string[] | null> {
  const { rowCount } = await client.query('SELECT FROM receiver WHERE id = $1 FOR NO KEY UPDATE', [
    receiverId,
  ]);
  if (rowCount === 0) return null;
  const { rows } = await client.query<{ pattern: string }>(
    'SELECT pattern FROM receiver_subscription WHERE receiver_id = $1 ORDER BY 1',
    [receiverId],
  );
  return rows.map(({ pattern }) => pattern);
}

async function insert(client: Queryable, receiverId: string, patterns: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO receiver_subscription (receiver_id, pattern, regex)
     SELECT $1, pattern, regex FROM unnest($2::text[], $3::text[]) AS wanted (pattern, regex)`,
    [receiverId, patterns, patterns.map(patternRegex)],
  );
}

function recordPatterns(client: Queryable, by: By, receiverId: string, before: string[], after: string[]) {
  return record(client, by, {
    action: 'receiver.changed',
    thing: receiverId,
    before: { subscriptions: before },
    after: { subscriptions: after },
  });
}

async function touch(client: Queryable, receiverId: string): Promise<void> {
  await client.query('UPDATE receiver SET time_modified = now() WHERE id = $1', [receiverId]);
}
