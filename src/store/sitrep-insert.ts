import type pg from 'pg';
import type { Refusal } from '../model/lifecycle.ts';
import type { Lineage } from '../model/lineage.ts';
import type { SitrepDocument } from '../model/sitrep.ts';
import { type Column, copyRows, ena, int4, int8, jsonb, text, uuid } from './copy-in.ts';
import { inheritFromParent } from './sitrep-check.ts';
import { discardSubmission, readSubmitted } from './submission.ts';
import { type Queryable, transaction } from './transaction.ts';

export type InsertOutcome =
  | { kind: 'inserted'; parentId: string | null }
  | { kind: 'refused'; refusal: Refusal };

/**
 * Moves a submission into the sitrep tables, whole, in one transaction. The same id with the same digest
 * is a success, however often and however late this runs, and whatever became of the parent since.
 */
export async function insertSitrep(pool: pg.Pool, sitrepId: string, digest: string): Promise<InsertOutcome> {
  const before = await alreadyIn(pool, sitrepId, digest);
  if (before) return before;
  const document = await readSubmitted(pool, sitrepId, digest);
  // A twin may have inserted it, and with that deleted the submission, since we looked.
  if (!document) return (await alreadyIn(pool, sitrepId, digest)) ?? refused({ kind: 'submissionGone' });
  return insertDocument(pool, document, digest);
}

/** The second half of that: from the parsed document to its commit. */
export function insertDocument(
  pool: pg.Pool,
  document: SitrepDocument,
  digest: string,
): Promise<InsertOutcome> {
  return transaction(pool, (client) => write(client, document, digest));
}

async function write(
  client: pg.PoolClient,
  document: SitrepDocument,
  digest: string,
): Promise<InsertOutcome> {
  // What is derived from the parent must not change under this insert.
  await client.query('SELECT FROM fm_sitrep WHERE id = $1 FOR KEY SHARE', [document.parentId]);
  const check = await inheritFromParent(client, document);
  if (check.kind === 'refused') {
    // The order of decisions: whether it is in comes first, and a twin may have got it in meanwhile.
    return (await alreadyIn(client, document.id, digest)) ?? check;
  }
  if (!(await insertMetadata(client, document, digest, check.lineage))) {
    return (await alreadyIn(client, document.id, digest)) ?? refused({ kind: 'submissionGone' });
  }
  await insertChildren(client, document, check.lineage);
  await discardSubmission(client, document.id, digest);
  return { kind: 'inserted', parentId: document.parentId };
}

async function alreadyIn(
  database: Queryable,
  sitrepId: string,
  digest: string,
): Promise<InsertOutcome | null> {
  const { rows } = await database.query<{ same: boolean; parent_sitrep_id: string | null }>(
    `SELECT digest = decode($2, 'hex') AS same, parent_sitrep_id FROM fm_sitrep WHERE id = $1`,
    [sitrepId, digest],
  );
  const sitrep = rows[0];
  if (!sitrep) return null;
  if (!sitrep.same) return refused({ kind: 'sitrepIdReused' });
  await discardSubmission(database, sitrepId, digest);
  return { kind: 'inserted', parentId: sitrep.parent_sitrep_id };
}

function refused(refusal: Refusal): InsertOutcome {
  return { kind: 'refused', refusal };
}

/** False when a row of this id is there already; waits for a twin that is about to write it. */
async function insertMetadata(
  client: pg.PoolClient,
  document: SitrepDocument,
  digest: string,
  { alertGeneration }: Lineage,
): Promise<boolean> {
  const written = await client.query(
    `INSERT INTO fm_sitrep (id, parent_sitrep_id, creator, comment, digest, alert_generation)
     VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6)
     ON CONFLICT DO NOTHING`,
    [document.id, document.parentId, document.creator, document.comment, digest, alertGeneration],
  );
  return written.rowCount === 1;
}

async function insertChildren(
  client: pg.PoolClient,
  document: SitrepDocument,
  lineage: Lineage,
): Promise<void> {
  await copyRows(client, 'fm_case', CASE, caseRows(document, lineage));
  await copyRows(client, 'fm_ereport_in_case', EREPORT_IN_CASE, ereportRows(document, lineage));
  await copyRows(client, 'fm_alert_request', ALERT_REQUEST, requestRows(document, lineage));
}

const CASE: Column[] = [
  uuid('sitrep_id'),
  uuid('id'),
  text('engine'),
  uuid('created_sitrep_id'),
  uuid('closed_sitrep_id'),
  text('comment'),
];
function* caseRows({ id, cases }: SitrepDocument, lineage: Lineage): Generator<unknown[]> {
  for (const row of cases) {
    const created = lineage.createdSitrepId(row.id);
    yield [id, row.id, row.engine, created, lineage.closedSitrepId(row), row.comment];
  }
}

const EREPORT_IN_CASE: Column[] = [
  uuid('sitrep_id'),
  uuid('case_id'),
  uuid('restart_id'),
  ena('ena'),
  uuid('assigned_sitrep_id'),
  text('comment'),
];
function* ereportRows({ id, cases }: SitrepDocument, lineage: Lineage): Generator<unknown[]> {
  for (const { id: caseId, ereports } of cases) {
    for (const row of ereports) {
      const assigned = lineage.assignedSitrepId(caseId, row.restartId, row.ena);
      yield [id, caseId, row.restartId, row.ena, assigned, row.comment];
    }
  }
}

const ALERT_REQUEST: Column[] = [
  uuid('sitrep_id'),
  uuid('id'),
  uuid('requested_sitrep_id'),
  uuid('case_id'),
  text('alert_class'),
  int4('alert_version'),
  jsonb('payload'),
  int8('generation'),
  text('comment'),
];
function* requestRows({ id, cases }: SitrepDocument, lineage: Lineage): Generator<unknown[]> {
  for (const { id: caseId, alertRequests } of cases) {
    for (const row of alertRequests) {
      const { requestedSitrepId, generation } = lineage.requested(row.id);
      yield [
        id,
        row.id,
        requestedSitrepId,
        caseId,
        row.class,
        row.version,
        row.payload,
        generation,
        row.comment,
      ];
    }
  }
}
