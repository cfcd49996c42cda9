import type pg from 'pg';
import type { StoredState } from '../model/lifecycle.ts';
import { NOT_INSERTED, ONE_SNAPSHOT, STATE } from './sitrep-read.ts';
import { transaction } from './transaction.ts';

/** How things stand in the database at one moment. Ages are in seconds; null where there is nothing to have one. */
export interface Standing {
  /** Null before the first sitrep. */
  head: { version: number; ageSeconds: number; versionsKept: number } | null;
  sitreps: Record<StoredState, number>;
  /** How long the current sitrep has waited to be reconciled; 0 once it is. */
  rendezvousLagSeconds: { alert: number; ereport: number };
  undispatched: Waiting;
  pending: Waiting;
  /** How long the longest of what enabled receivers should have been sent is overdue; 0 if nothing is. */
  overdueSeconds: number;
  receivers: { enabled: number; failing: number; disabled: number };
  unread: Waiting;
  undecided: Waiting;
}

export interface Waiting {
  count: number;
  oldestAgeSeconds: number | null;
}

/** Of each kind no more rows than these are looked at: what is asked every few seconds must not take longer with more. */
export const COUNTED = 10_000;
/** Longer than that it must not take either, whatever the reason. */
const STATEMENT_MS = 2_000;

/** One look, by indexes; whoever asks this often keeps the answer for a while. */
export async function readStanding(pool: pg.Pool, counted: number = COUNTED): Promise<Standing> {
  const look = async (client: pg.PoolClient) => {
    // By index whatever the statistics say: those of a burst are out of date.
    await client.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}; SET LOCAL enable_seqscan = off`);
    const { rows: sitreps } = await client.query<{ state: StoredState; count: number }>(SITREPS, [counted]);
    const { rows } = await client.query<Row>(REST, [counted]);
    return standingOf(rows[0] as Row, new Map(sitreps.map(({ state, count }) => [state, count])));
  };
  return transaction(pool, look, ONE_SNAPSHOT);
}

interface Row {
  version: number;
  head_age: number | null;
  versions_kept: number | null;
  alert_lag: number;
  ereport_lag: number;
  undispatched: number;
  undispatched_age: number | null;
  pending: number;
  pending_age: number | null;
  overdue: number;
  enabled: number;
  failing: number;
  disabled: number;
  unread: number;
  unread_age: number | null;
  undecided: number;
  undecided_age: number | null;
}

/** The newest ones. */
const SITREPS = `
  SELECT state, count(*) AS count FROM (
    SELECT ${STATE} AS state
      FROM fm_sitrep_head h
     CROSS JOIN (SELECT * FROM fm_sitrep ORDER BY time_created DESC, id DESC LIMIT $1) s
      LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = s.id
    UNION ALL
    SELECT 'submitted' FROM (SELECT * FROM sitrep_submission ORDER BY time_submitted DESC LIMIT $1) sub
     WHERE ${NOT_INSERTED}) AS each_one
   GROUP BY state`;

/** Below 0 for times that are to come. */
const age = (time: string) => `extract(epoch FROM now() - ${time})::double precision`;

const REST = `
  SELECT h.version, ${age('hist.time_made_current')} AS head_age,
         h.version - (SELECT min(version) FROM fm_sitrep_history) + 1 AS versions_kept,
         CASE WHEN alerts.generation < h.alert_generation THEN ${age('hist.time_made_current')} ELSE 0 END AS alert_lag,
         CASE WHEN ereports.generation < h.version THEN ${age('hist.time_made_current')} ELSE 0 END AS ereport_lag,
         undispatched.*, pending.*, receivers.*, unread.*, undecided.*
    FROM fm_sitrep_head h
    LEFT JOIN fm_sitrep_history hist ON hist.version = h.version
    JOIN fm_rendezvous_progress alerts ON alerts.kind = 'alert'
    JOIN fm_rendezvous_progress ereports ON ereports.kind = 'ereport'
   CROSS JOIN (
    SELECT count(*) AS undispatched, ${age('min(time_created)')} AS undispatched_age
      FROM (SELECT time_created FROM alert WHERE time_dispatched IS NULL LIMIT $1) a) undispatched
   CROSS JOIN (
    SELECT count(*) AS pending, ${age('min(time_created)')} AS pending_age
      FROM (SELECT time_created FROM delivery WHERE state = 'pending' LIMIT $1) d) pending
   CROSS JOIN (
    SELECT coalesce(max(${age('due.since')}) FILTER (WHERE r.disabled_because IS NULL), 0) AS overdue,
           count(*) FILTER (WHERE r.disabled_because IS NULL AND r.failing_since IS NULL) AS enabled,
           count(*) FILTER (WHERE r.disabled_because IS NULL AND r.failing_since IS NOT NULL) AS failing,
           count(*) FILTER (WHERE r.disabled_because IS NOT NULL) AS disabled
      FROM (SELECT * FROM receiver LIMIT $1) r
      LEFT JOIN LATERAL (
        SELECT greatest(time_due, time_lost) AS since FROM delivery
         WHERE receiver_id = r.id AND state = 'pending' ORDER BY time_due LIMIT 1) due ON true) receivers
   CROSS JOIN (
    SELECT count(*) AS unread, ${age('min(time_collected)')} AS unread_age
      FROM (SELECT time_collected FROM ereport WHERE marked_seen_in IS NULL AND set_aside IS NULL
             ORDER BY read_order LIMIT $1) e) unread
   CROSS JOIN (
    SELECT count(*) AS undecided, ${age('min(time_collected)')} AS undecided_age
      FROM (SELECT time_collected FROM ereport WHERE set_aside = 'undecided' ORDER BY read_order LIMIT $1) e) undecided`;

function standingOf(row: Row, sitreps: Map<StoredState, number>): Standing {
  const inState = (state: StoredState) => sitreps.get(state) ?? 0;
  return {
    head:
      row.head_age === null || row.versions_kept === null
        ? null
        : { version: row.version, ageSeconds: atLeast0(row.head_age), versionsKept: row.versions_kept },
    sitreps: {
      submitted: inState('submitted'),
      inserted: inState('inserted'),
      current: inState('current'),
      superseded: inState('superseded'),
      released: inState('released'),
      orphaned: inState('orphaned'),
    },
    rendezvousLagSeconds: { alert: atLeast0(row.alert_lag), ereport: atLeast0(row.ereport_lag) },
    undispatched: waiting(row.undispatched, row.undispatched_age),
    pending: waiting(row.pending, row.pending_age),
    overdueSeconds: atLeast0(row.overdue),
    receivers: { enabled: row.enabled, failing: row.failing, disabled: row.disabled },
    unread: waiting(row.unread, row.unread_age),
    undecided: waiting(row.undecided, row.undecided_age),
  };
}

function waiting(count: number, oldestAge: number | null): Waiting {
  return { count, oldestAgeSeconds: oldestAge === null ? null : atLeast0(oldestAge) };
}

function atLeast0(seconds: number): number {
  return Math.max(0, seconds);
}
