import { addAbortSignal, Readable } from 'node:stream';
import type pg from 'pg';
import { type StoredState, workflowIdOf } from '../model/lifecycle.ts';
import { lineageOf } from '../model/lineage.ts';
import type { SitrepDocument } from '../model/sitrep.ts';
import type { CaseView, Page, RendezvousView, SitrepHeading, SitrepView } from '../model/views.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import { readParent } from './parent.ts';
import { STATEMENT_TIMEOUT } from './pool.ts';
import { readCases, readCasesAsText } from './sitrep-cases.ts';
import { type Queryable, transaction } from './transaction.ts';

/** For reads of several statements that must not be torn. */
export const ONE_SNAPSHOT = 'REPEATABLE READ READ ONLY';

export type SitrepRef = { id: string } | { version: number } | 'current';

/** The state of sitrep `s` in history `hist` with head `h`: the one place that says what the tables mean. */
export const STATE = `
  CASE WHEN h.sitrep_id = s.id THEN 'current'
       WHEN hist.version IS NOT NULL THEN 'superseded'
       WHEN s.time_released IS NOT NULL THEN 'released'
       WHEN s.parent_sitrep_id IS NOT DISTINCT FROM h.sitrep_id THEN 'inserted'
       ELSE 'orphaned' END`;

const INSERTED = `
  SELECT s.id, s.parent_sitrep_id AS "parentId", s.creator, s.comment, ${STATE} AS state, hist.version,
         ${timeAsText('s.time_created')} AS "timeCreated",
         ${timeAsText('hist.time_made_current')} AS "timeMadeCurrent",
         ${timeAsText('s.time_released')} AS "timeReleased",
         s.time_created AS time
    FROM fm_sitrep_head h
   CROSS JOIN fm_sitrep s
    LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = s.id`;

const SUBMITTED = `
  SELECT sub.sitrep_id AS id, sub.parent_sitrep_id AS "parentId", sub.creator, sub.comment,
         'submitted' AS state, NULL::bigint AS version,
         ${timeAsText('sub.time_submitted')} AS "timeCreated",
         NULL::text AS "timeMadeCurrent", NULL::text AS "timeReleased",
         sub.time_submitted AS time
    FROM sitrep_submission sub`;
/** Of submission `sub`. */
export const NOT_INSERTED = 'NOT EXISTS (SELECT FROM fm_sitrep WHERE id = sub.sitrep_id)';

/** One row of `INSERTED` or `SUBMITTED`. */
type HeadingRow = Omit<SitrepHeading, 'workflowId'>;

/** A sitrep whole, or null; read in one snapshot, so that no insert, prune or deletion tears it. */
export async function readSitrep(pool: pg.Pool, ref: SitrepRef): Promise<SitrepView | null> {
  return transaction(
    pool,
    async (client) => {
      const found = await findSitrep(client, ref);
      if (!found) return null;
      return { ...found.top, cases: await found.cases() };
    },
    ONE_SNAPSHOT,
  );
}

/**
 * The same as JSON text, of which only a few pieces are in memory at a time. Ends with an error when its reader
 * takes longer than a statement may: so long a snapshot and a connection are held.
 */
export async function streamSitrep(
  pool: pg.Pool,
  ref: SitrepRef,
  milliseconds: number = STATEMENT_TIMEOUT,
): Promise<Readable | null> {
  const pieces = piecesOfSitrep(pool, ref);
  const first = await pieces.next();
  if (first.done) return null;
  const stream = Readable.from(pieces);
  stream.unshift(first.value);
  return addAbortSignal(AbortSignal.timeout(milliseconds), stream);
}

async function* piecesOfSitrep(pool: pg.Pool, ref: SitrepRef): AsyncGenerator<Buffer | string> {
  const client = await pool.connect();
  let finished = false;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${ONE_SNAPSHOT}`);
    const found = await findSitrep(client, ref);
    if (found) {
      yield `${JSON.stringify(found.top).slice(0, -1)},"cases":[`;
      yield* found.casesAsText();
    }
    await client.query('COMMIT');
    finished = true;
    if (found) yield ']}';
  } finally {
    // A reader that went away in the middle leaves a COPY behind that only the end of the connection ends.
    client.release(!finished);
  }
}

/** What stands at the top of a sitrep, and its cases, to be read in the one form or the other. */
interface Found {
  top: Omit<SitrepView, 'cases'>;
  cases(): Promise<CaseView[]>;
  /** In pieces that together are the inside of a list. */
  casesAsText(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

async function findSitrep(client: pg.PoolClient, ref: SitrepRef): Promise<Found | null> {
  const heading = await readHeading(client, ref);
  if (heading) {
    const rendezvous = heading.state === 'current' ? await readRendezvous(client) : null;
    return {
      top: { ...headingView(heading), rendezvous },
      cases: () => readCases(client, heading.id),
      casesAsText: () => readCasesAsText(client, heading.id),
    };
  }
  return typeof ref === 'object' && 'id' in ref ? findSubmitted(client, ref.id) : null;
}

/** Sitreps newest first, those that are only submitted among them. */
export async function listSitreps(
  pool: pg.Pool,
  { state, limit, cursor }: { state?: StoredState; limit: number; cursor?: string },
): Promise<Page<SitrepHeading>> {
  const after = readCursor(cursor);
  const older = (time: string, id: string) =>
    `($2::timestamptz IS NULL OR (${time}, ${id}) < ($2, $3::uuid))`;
  const { rows } = await pool.query<HeadingRow>(
    `SELECT id, "parentId", creator, comment, state, version, "timeCreated", "timeMadeCurrent", "timeReleased"
       FROM ((${INSERTED}
               WHERE ${older('s.time_created', 's.id')} AND ($4::text IS NULL OR ${STATE} = $4)
               ORDER BY s.time_created DESC, s.id DESC LIMIT $1)
             UNION ALL
             (${SUBMITTED}
               WHERE ${older('sub.time_submitted', 'sub.sitrep_id')} AND ${NOT_INSERTED}
                 AND ($4::text IS NULL OR $4 = 'submitted')
               ORDER BY sub.time_submitted DESC, sub.sitrep_id DESC LIMIT $1)) AS listed
      ORDER BY time DESC, id DESC LIMIT $1`,
    [limit + 1, after?.time ?? null, after?.id ?? null, state ?? null],
  );
  return pageOf(rows.map(headingView), limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

/** Where a sitrep stands by the tables, or null when they don't know it. */
export async function sitrepState(
  database: Queryable,
  id: string,
): Promise<{ state: StoredState; version: number | null } | null> {
  const { rows } = await database.query<{ state: StoredState; version: number | null }>(
    `SELECT state, version FROM (${INSERTED} WHERE s.id = $1
      UNION ALL ${SUBMITTED} WHERE sub.sitrep_id = $1 AND ${NOT_INSERTED}) AS found`,
    [id],
  );
  return rows[0] ?? null;
}

/** The same of many; those that the tables don't know are left out. */
export async function sitrepStates(database: Queryable, ids: string[]): Promise<Map<string, StoredState>> {
  const { rows } = await database.query<{ id: string; state: StoredState }>(
    `SELECT id, state FROM (${INSERTED} WHERE s.id = ANY ($1::uuid[])
      UNION ALL ${SUBMITTED} WHERE sub.sitrep_id = ANY ($1::uuid[]) AND ${NOT_INSERTED}) AS found`,
    [ids],
  );
  return new Map(rows.map(({ id, state }) => [id, state]));
}

export async function currentSitrep(database: Queryable): Promise<{ id: string; version: number } | null> {
  const { rows } = await database.query<{ id: string | null; version: number }>(
    'SELECT sitrep_id AS id, version FROM fm_sitrep_head',
  );
  const head = rows[0];
  return head?.id ? { id: head.id, version: head.version } : null;
}

/** What stands at the top of a sitrep that was inserted, or null. */
export async function sitrepHeading(database: Queryable, ref: SitrepRef): Promise<SitrepHeading | null> {
  const row = await readHeading(database, ref);
  return row && headingView(row);
}

async function readHeading(client: Queryable, ref: SitrepRef): Promise<HeadingRow | null> {
  const [condition, value] =
    ref === 'current'
      ? ['s.id = h.sitrep_id AND $1::text IS NULL', null]
      : 'id' in ref
        ? ['s.id = $1', ref.id]
        : ['hist.version = $1', ref.version];
  const { rows } = await client.query<HeadingRow>(`${INSERTED} WHERE ${condition}`, [value]);
  return rows[0] ?? null;
}

function headingView(row: HeadingRow): SitrepHeading {
  return {
    id: row.id,
    parentId: row.parentId,
    creator: row.creator,
    comment: row.comment,
    state: row.state,
    version: row.version,
    timeCreated: row.timeCreated,
    timeMadeCurrent: row.timeMadeCurrent,
    timeReleased: row.timeReleased,
    workflowId: workflowIdOf(row.id),
  };
}

interface ProgressRow {
  generation: number;
  met_generation: number;
  sitrep_id: string | null;
  time_met: string | null;
  examined: number;
  created: number;
}

async function readRendezvous(client: Queryable): Promise<RendezvousView> {
  const { rows } = await client.query<ProgressRow>(
    `SELECT h.alert_generation AS generation, p.generation AS met_generation, p.sitrep_id,
            ${timeAsText('p.time_met')} AS time_met, p.examined, p.created
       FROM fm_sitrep_head h JOIN fm_rendezvous_progress p ON p.kind = 'alert'`,
  );
  const row = rows[0] as ProgressRow;
  return {
    reconciled: row.met_generation >= row.generation,
    generation: row.generation,
    metGeneration: row.met_generation,
    last:
      row.sitrep_id && row.time_met
        ? { sitrepId: row.sitrep_id, time: row.time_met, examined: row.examined, created: row.created }
        : null,
  };
}

/** A sitrep that waits for its insert: read from the submission, with what will be derived. */
async function findSubmitted(client: Queryable, id: string): Promise<Found | null> {
  const { rows } = await client.query<HeadingRow & { document: string }>(
    `SELECT found.*, sub.document FROM (${SUBMITTED} WHERE sub.sitrep_id = $1) AS found
       JOIN sitrep_submission sub ON sub.sitrep_id = found.id`,
    [id],
  );
  const row = rows[0];
  if (!row) return null;
  const document = JSON.parse(row.document) as SitrepDocument;
  const parent = document.parentId === null ? null : await readParent(client, document.parentId);
  const lineage = lineageOf(document, parent);
  const cases = document.cases.map((oneCase) => ({
    ...oneCase,
    createdSitrepId: lineage.createdSitrepId(oneCase.id),
    closedSitrepId: lineage.closedSitrepId(oneCase),
    ereports: oneCase.ereports.map((ereport) => ({
      ...ereport,
      assignedSitrepId: lineage.assignedSitrepId(oneCase.id, ereport.restartId, ereport.ena),
      ereport: null,
    })),
    alertRequests: oneCase.alertRequests.map((request) => ({
      ...request,
      requestedSitrepId: lineage.requested(request.id).requestedSitrepId,
    })),
  }));
  return {
    top: { ...headingView(row), rendezvous: null },
    cases: async () => cases,
    casesAsText: () => [Buffer.from(JSON.stringify(cases).slice(1, -1))],
  };
}
