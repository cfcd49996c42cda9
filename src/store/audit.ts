import type pg from 'pg';
import type { Action, Actor, AuditView } from '../model/audit.ts';
import { newId } from '../model/id.ts';
import type { Page } from '../model/views.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import type { Queryable } from './transaction.ts';

/** Who asked for a change; null where that was no person, but Sitrep itself, which keeps no record here. */
export type By = Actor | null;

export interface Change {
  action: Action;
  thing: string;
  before?: object | null;
  after?: object | null;
}

/** Puts a change on record, to be called in its transaction: there is neither one without the other. */
export async function record(
  client: Queryable,
  by: By,
  { action, thing, before = null, after = null }: Change,
): Promise<void> {
  if (by === null) return;
  await client.query(
    `INSERT INTO audit_entry (id, token_id, actor, action, thing, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [newId(), by.tokenId, by.name, action, thing, asJson(before), asJson(after)],
  );
}

function asJson(state: object | null): string | null {
  return state && JSON.stringify(state);
}

export interface AuditQuery {
  limit: number;
  cursor?: string;
  actor?: string;
  action?: Action;
  thing?: string;
  since?: string;
  until?: string;
}

/** Entries newest first. */
export async function listAudit(pool: pg.Pool, query: AuditQuery): Promise<Page<AuditView>> {
  const after = readCursor(query.cursor);
  const { rows } = await pool.query<AuditView>(
    `SELECT id, ${timeAsText('time_created')} AS "timeCreated", token_id AS "tokenId", actor, action, thing, before, after
       FROM audit_entry
      WHERE ($2::timestamptz IS NULL OR (time_created, id) < ($2, $3::uuid))
        AND ($4::text IS NULL OR actor = $4)
        AND ($5::text IS NULL OR action = $5)
        AND ($6::text IS NULL OR thing = $6)
        AND ($7::timestamptz IS NULL OR time_created >= $7)
        AND ($8::timestamptz IS NULL OR time_created < $8)
      ORDER BY time_created DESC, id DESC LIMIT $1`,
    [
      query.limit + 1,
      after?.time ?? null,
      after?.id ?? null,
      query.actor ?? null,
      query.action ?? null,
      query.thing ?? null,
      query.since ?? null,
      query.until ?? null,
    ],
  );
  return pageOf(rows, query.limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

/** Entries that were kept for their time, oldest first. */
export async function oldAudit(pool: pg.Pool, days: number, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM audit_entry WHERE time_created < now() - make_interval(days => $1)
      ORDER BY time_created, id LIMIT $2`,
    [days, limit],
  );
  return rows.map(({ id }) => id);
}

/** Returns those that were there; another sweep may have been faster. */
export async function deleteAudit(pool: pg.Pool, ids: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry WHERE id = ANY ($1) ORDER BY id FOR UPDATE)
     RETURNING id`,
    [ids],
  );
  return rows.map(({ id }) => id);
}
