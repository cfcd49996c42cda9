import type pg from 'pg';
import type { EreportView } from '../model/ereport.ts';
import type { CaseDocument } from '../model/sitrep.ts';
import { caseOf } from '../model/submission.ts';
import type { CaseView } from '../model/views.ts';
import { timeAsText } from './cursor.ts';
import { type EreportKey, REPORTED } from './ereport-read.ts';
import { readCases } from './sitrep-cases.ts';
import { currentSitrep } from './sitrep-read.ts';
import { type Queryable, transaction } from './transaction.ts';

/** An ereport as it was reported. */
export type Reported = Omit<EreportView, 'markedSeenIn' | 'setAside'>;

/** What an analysis is made from, but for its time. */
export interface Readings {
  parent: { id: string; cases: CaseDocument[] } | null;
  /** What waited to be read, and is in no case of the parent's; whatever waited longest comes first. */
  arrived: Reported[];
  /** Whether these were undecided before. */
  again: boolean;
  /** Whether more waits. */
  more: boolean;
  /** The ereports of the parent's open cases, those that the service has, and those that it doesn't. */
  assigned: Reported[];
  missing: EreportKey[];
  unmarked: EreportKey[];
  metRequests: string[];
  restarts: { restartId: string; timeLatest: string }[];
  /** Whether an ereport came after the marking of the parent's that has it in a case: it waits to be marked. */
  cameLate: boolean;
}

export interface Reach {
  /** Ereports to be read at most. */
  most: number;
  /** Undecided ones to be read at most, if there are some, instead of what is new. */
  undecided: number;
  /** Ends what is read once it is so many bytes; one may have 64 KiB. */
  bytes?: number;
  page?: number;
}

const BYTES = 32 * 1024 * 1024;
const PAGE = 1_000;

/** Reads all that in one snapshot, so that parent, marks and markers are those of one moment. */
export function readForAnalysis(pool: pg.Pool, reach: Reach): Promise<Readings> {
  return transaction(pool, (client) => read(client, reach), 'REPEATABLE READ READ ONLY');
}

async function read(client: pg.PoolClient, reach: Reach): Promise<Readings> {
  const head = await currentSitrep(client);
  const cases = head ? await readMarkedCases(client, head.id) : [];
  const inParent = cases.flatMap(({ ereports }) => ereports);
  const known = new Set(inParent.map(keyOf));
  const undecided = await readQueue(client, "set_aside = 'undecided'", known, {
    ...reach,
    most: Math.min(reach.undecided, reach.most),
  });
  const again = undecided.arrived.length > 0;
  const queue = again
    ? undecided
    : await readQueue(client, 'marked_seen_in IS NULL AND set_aside IS NULL', known, reach);
  const open = cases.filter(({ closed }) => !closed).flatMap(({ ereports }) => ereports);
  const assigned = open.flatMap(({ restartId, ena, ereport }) => {
    return ereport ? [{ restartId, ena, ...reportedOf(ereport) }] : [];
  });
  const closed = cases.filter((oneCase) => oneCase.closed);
  return {
    parent: head && { id: head.id, cases: cases.map(caseOf) },
    arrived: queue.arrived,
    again,
    more: again || queue.more,
    assigned,
    missing: open.filter(({ ereport }) => ereport === null).map(idOf),
    unmarked: inParent.filter(({ ereport }) => ereport?.isSeen === false).map(idOf),
    metRequests: await metAmong(
      client,
      closed.flatMap(({ alertRequests }) => alertRequests.map(({ id }) => id)),
    ),
    restarts: await readRestarts(client, [...assigned, ...queue.arrived]),
    cameLate: head !== null && queue.known > 0 && (await isMarked(client, head.version)),
  };
}

/** A case as `readCases` gives it with marks. */
type MarkedCase = Omit<CaseView, 'ereports'> & { ereports: MarkedEreport[] };
interface MarkedEreport extends EreportKey {
  comment: string;
  assignedSitrepId: string;
  ereport: (Omit<Reported, keyof EreportKey> & { isSeen: boolean }) | null;
}

async function readMarkedCases(client: pg.PoolClient, sitrepId: string): Promise<MarkedCase[]> {
  return (await readCases(client, sitrepId, { withMarks: true })) as MarkedCase[];
}

function reportedOf({ isSeen: _, ...reported }: NonNullable<MarkedEreport['ereport']>) {
  return reported;
}

interface QueueRow extends Reported {
  readOrder: number;
  bytes: number;
}

interface Queue {
  arrived: Reported[];
  more: boolean;
  /** How many were passed over, since the parent has them. */
  known: number;
}

/** Reads past what is in a case of the parent's and waits to be marked, so that it never fills what may be read. */
async function readQueue(
  client: Queryable,
  condition: string,
  inParent: ReadonlySet<string>,
  { most, bytes: mostBytes = BYTES, page = PAGE }: Reach,
): Promise<Queue> {
  const queue: Queue = { arrived: [], more: false, known: 0 };
  let bytes = 0;
  let after = 0;
  while (most > 0) {
    const { rows }: { rows: QueueRow[] } = await client.query<QueueRow>(
      `SELECT ${REPORTED}, read_order AS "readOrder", octet_length(body::text) AS bytes
         FROM ereport WHERE ${condition} AND read_order > $1 ORDER BY read_order LIMIT $2`,
      [after, page],
    );
    for (const { readOrder, bytes: more, ...ereport } of rows) {
      after = readOrder;
      if (inParent.has(keyOf(ereport))) {
        queue.known++;
        continue;
      }
      if (queue.arrived.length === most || (bytes > 0 && bytes + more > mostBytes)) {
        return { ...queue, more: true };
      }
      queue.arrived.push(ereport);
      bytes += more;
    }
    if (rows.length < page) break;
  }
  return queue;
}

async function metAmong(client: Queryable, requestIds: string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT alert_id AS id FROM rendezvous_alert_created WHERE alert_id = ANY ($1::uuid[]) ORDER BY 1',
    [requestIds],
  );
  return rows.map(({ id }) => id);
}

/** A restart that reporters name differently is one restart all the same. */
async function readRestarts(client: Queryable, ereports: EreportKey[]): Promise<Readings['restarts']> {
  const { rows } = await client.query<{ restartId: string; timeLatest: string }>(
    `SELECT restart_id AS "restartId", ${timeAsText('max(time_latest_ereport)')} AS "timeLatest"
       FROM ereporter_restart WHERE restart_id = ANY ($1::uuid[]) GROUP BY restart_id ORDER BY restart_id`,
    [[...new Set(ereports.map(({ restartId }) => restartId))]],
  );
  return rows;
}

async function isMarked(client: Queryable, version: number): Promise<boolean> {
  const { rows } = await client.query<{ done: boolean }>(
    `SELECT generation >= $1 AS done FROM fm_rendezvous_progress WHERE kind = 'ereport'`,
    [version],
  );
  return rows[0]?.done ?? false;
}

function idOf({ restartId, ena }: EreportKey): EreportKey {
  return { restartId, ena };
}

function keyOf({ restartId, ena }: EreportKey): string {
  return `${restartId} ${ena}`;
}
