import * as analysis from './analysis.ts';
import * as commit from './commit.ts';
import * as deletion from './delete.ts';
import * as insert from './insert.ts';
import * as markers from './markers.ts';
import * as marking from './marking.ts';
import type { Race, Removal } from './race.ts';
import * as read from './read.ts';
import {
  all,
  headAskedBefore,
  inFunction,
  inStatement,
  unrecognised,
  withoutConstraint,
  withoutSetting,
} from './removals.ts';
import * as rendezvous from './rendezvous.ts';
import * as stalled from './stalled.ts';
import * as submission from './submission.ts';

export interface Guard {
  guard: string;
  race: Race;
  /** How it is taken out. */
  remove: Removal;
}
export interface NeededGuard extends Guard {
  /** What the race says then. */
  says: RegExp;
  /** Where without it the scheduler decides who comes first: so often it is run until it is red. */
  tries?: number;
}

const RENDEZVOUS = 'fm_rendezvous_alert_chunk';
const COLLECT = 'fm_collect_marker_chunk';
const MARK = 'fm_mark_seen_chunk';
const PRUNE = 'fm_prune_history';
const MAKE_CURRENT = 'fm_make_current';

const LOCK = 'LOCK TABLE fm_sitrep_head IN SHARE MODE;';
const LOOK = 'SELECT * INTO STRICT head FROM fm_sitrep_head;';
const ONE_AT_A_TIME = 'LOCK TABLE fm_rendezvous_progress IN SHARE ROW EXCLUSIVE MODE;';
const COLLECTS_LOOK = 'SELECT h.sitrep_id INTO STRICT head_id FROM fm_sitrep_head h;';
const FOREIGN_KEY = 'fm_sitrep_history.fm_sitrep_history_sitrep_id_fkey';
const REMEMBERED = 'LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = p_sitrep_id;';
const IN = 'parent_sitrep_id FROM fm_sitrep WHERE id = $1';
const DIGEST = 'AS digest FROM fm_sitrep WHERE id = $1';
const STALE = 'stale := head.sitrep_id IS DISTINCT FROM p_sitrep_id;';

const OF_THE_HEAD = 'WHERE a.sitrep_id = head.sitrep_id';
const OF_THE_ID = 'WHERE a.sitrep_id = p_sitrep_id';
const UNMARKED = 'WHERE e.marked_seen_in IS NULL';
const UNMARKED_STILL = 'e.ena = u.ena AND e.marked_seen_in IS NULL';
const KEY_ORDER_OF_MARKING = 'ORDER BY e.restart_id, e.ena\n       FOR UPDATE OF e';
const KEY_ORDER = 'ORDER BY e.restart_id, e.ena FOR UPDATE OF e';
const BACKWARDS = 'ORDER BY e.restart_id DESC, e.ena DESC FOR UPDATE OF e';
const SEEN_OR_ASIDE = 'ereport_seen_or_set_aside';
const UNDECIDED = "coalesce(e.set_aside, 'undecided') = 'undecided'";
const RECORD = 'INSERT INTO fm_analysis (sitrep_id, inputs, report) VALUES ($1, $2, $3)';

const RENDEZVOUS_GUARDS: NeededGuard[] = [
  {
    guard: 'the lock on the head while a chunk is met',
    remove: inFunction(RENDEZVOUS, LOCK, ''),
    race: rendezvous.slowOnOldSitrep,
    says: /the alert that was deleted: expected \{.*\} to be null/s,
  },
  {
    guard: 'SHARE on the table of the head, not FOR SHARE on its row',
    remove: inFunction(RENDEZVOUS, LOCK, 'PERFORM FROM fm_sitrep_head FOR SHARE;'),
    race: rendezvous.streamAgainstCommit,
    says: /a chunk that came after the commit: expected 'met' to be 'stale'/,
    tries: 50,
  },
  {
    guard: 'first the lock, then the look',
    remove: inFunction(RENDEZVOUS, `${LOCK}\n  ${LOOK}`, `${LOOK}\n  ${LOCK}`),
    race: rendezvous.waitedForACommit,
    says: /alerts of the old sitrep: expected \d to be \+0/,
  },
  {
    guard: 'the stale check',
    remove: inFunction(
      RENDEZVOUS,
      'stale := head.sitrep_id IS DISTINCT FROM p_sitrep_id;',
      'stale := false;',
    ),
    race: rendezvous.waitedForACommit,
    says: /the rendezvous of the old sitrep: expected \{ kind: 'met', created: 1 \}/,
  },
  {
    guard: 'the stale check and with it reading the requests of the locked head, not of the id passed in',
    remove: all(
      inFunction(RENDEZVOUS, 'stale := head.sitrep_id IS DISTINCT FROM p_sitrep_id;', 'stale := false;'),
      inFunction(RENDEZVOUS, 'WHERE r.sitrep_id = head.sitrep_id', 'WHERE r.sitrep_id = p_sitrep_id'),
    ),
    race: rendezvous.waitedForACommit,
    says: /alerts of the old sitrep: expected \d to be \+0/,
  },
  {
    guard: 'one chunk at a time',
    remove: inFunction(RENDEZVOUS, ONE_AT_A_TIME, ''),
    race: rendezvous.twoBeforeTheMarker,
    says: /duplicate key value violates unique constraint/,
  },
  {
    guard: 'markers only for what has none',
    remove: inFunction(RENDEZVOUS, 'FROM chunk WHERE is_new', 'FROM chunk'),
    race: rendezvous.deletedBeforeTheMarker,
    says: /duplicate key value violates unique constraint "rendezvous_alert_created_pkey"/,
  },
  {
    guard: 'alerts for the new markers only',
    remove: inFunction(RENDEZVOUS, 'WHERE c.is_new AND', 'WHERE'),
    race: rendezvous.deletedBeforeTheMarker,
    says: /the alert that was deleted: expected \{.*\} to be null/s,
  },
  {
    guard: 'no second alert where there is one',
    remove: inFunction(RENDEZVOUS, 'AND (SELECT true FROM alert a WHERE a.id = c.id) IS NULL', ''),
    race: rendezvous.alertWithoutMarker,
    says: /duplicate key value violates unique constraint "alert_pkey"/,
  },
  {
    guard: 'progress that moves only at the end',
    remove: inFunction(RENDEZVOUS, 'IF done THEN', 'IF true THEN'),
    race: rendezvous.cutOff,
    says: /alerts: expected \d to be \d/,
  },
  {
    guard: 'progress that moves only when there is something to remember',
    remove: inFunction(
      RENDEZVOUS,
      '\n       AND (p.generation < head.alert_generation OR fm_rendezvous_alert_chunk.created > 0)',
      '',
    ),
    race: rendezvous.reconciledHead,
    says: /the progress row: expected/,
  },
];

const MARKER_GUARDS: NeededGuard[] = [
  {
    guard: 'the lock on the head while markers are collected',
    remove: inFunction(COLLECT, LOCK, ''),
    race: markers.newHeadDuringCollection,
    says: /the markers that are left: expected/,
  },
  {
    guard: 'first the lock, then the look, while markers are collected',
    remove: inFunction(COLLECT, `${LOCK}\n  ${COLLECTS_LOOK}`, `${COLLECTS_LOOK}\n  ${LOCK}`),
    race: markers.collectionWaitedForACommit,
    says: /the markers that are left: expected/,
  },
  {
    guard: 'no collection of markers without a head',
    remove: inFunction(COLLECT, 'IF head_id IS NULL THEN', 'IF false THEN'),
    race: markers.markersBeforeHistory,
    says: /markers that went: expected \[ .* \] to deeply equal \[\]/,
  },
  {
    guard: 'no collection of markers that the head requests',
    remove: inFunction(
      COLLECT,
      'AND NOT EXISTS (SELECT FROM fm_alert_request r',
      'AND NOT EXISTS (SELECT FROM (SELECT * FROM fm_alert_request LIMIT 0) r',
    ),
    race: markers.newHeadDuringCollection,
    says: /the markers that are left: expected/,
  },
  {
    guard: 'SKIP LOCKED',
    remove: inFunction(COLLECT, 'FOR UPDATE SKIP LOCKED', 'FOR UPDATE'),
    race: markers.twoCollections,
    says: /the second ends without waiting: expected false to be true/,
  },
];

const COMMIT_GUARDS: NeededGuard[] = [
  {
    guard: 'the comparison of the swap',
    remove: inFunction(MAKE_CURRENT, ' AND h.sitrep_id IS NOT DISTINCT FROM s.parent_sitrep_id', ''),
    race: commit.twoRivals,
    says: /the second: expected \{ kind: 'current'/,
  },
  {
    guard: 'IS NOT DISTINCT FROM in the swap, not =',
    remove: all(
      inFunction(
        MAKE_CURRENT,
        'h.sitrep_id IS NOT DISTINCT FROM s.parent_sitrep_id',
        'h.sitrep_id = s.parent_sitrep_id',
      ),
      // Or it would be tried for ever.
      inFunction(
        MAKE_CURRENT,
        's.parent_sitrep_id IS NOT DISTINCT FROM h.sitrep_id',
        's.parent_sitrep_id = h.sitrep_id',
      ),
    ),
    race: commit.twoFirsts,
    says: /It ended without coming to the gate/,
  },
  {
    guard: 'the swap joined to the sitrep, whose row may be missing',
    remove: all(
      inFunction(
        MAKE_CURRENT,
        'FROM fm_sitrep s\n     WHERE s.id = p_sitrep_id AND',
        'FROM (SELECT) one LEFT JOIN fm_sitrep s ON s.id = p_sitrep_id\n     WHERE',
      ),
      inFunction(
        MAKE_CURRENT,
        'sitrep_id = s.id, alert_generation = s.alert_generation',
        'sitrep_id = p_sitrep_id, alert_generation = coalesce(s.alert_generation, 1)',
      ),
    ),
    race: commit.commitOfNothing,
    says: /violates foreign key constraint/,
  },
  {
    guard: 'the look-up of an earlier win',
    remove: inFunction(
      MAKE_CURRENT,
      REMEMBERED,
      REMEMBERED.replace(';', ' AND hist.version = fm_make_current.version;'),
    ),
    race: commit.retryDuringCommit,
    says: /the retry: expected \{ kind: 'parentNotCurrent'/,
  },
  {
    guard: 'the look-up of an earlier win in a statement after the swap',
    remove: all(
      inFunction(
        MAKE_CURRENT,
        "BEGIN\n  released := '{}';",
        `DECLARE before bigint := (SELECT x.version FROM fm_sitrep_history x WHERE x.sitrep_id = p_sitrep_id);
         BEGIN\n  released := '{}';`,
      ),
      inFunction(
        MAKE_CURRENT,
        REMEMBERED,
        REMEMBERED.replace(';', ' AND hist.version IN (fm_make_current.version, before);'),
      ),
    ),
    race: commit.retryDuringCommit,
    says: /the retry: expected \{ kind: 'parentNotCurrent'/,
  },
  {
    guard: 'another swap for what the look-up finds undecided',
    remove: inFunction(MAKE_CURRENT, 'EXIT WHEN was_released OR is_child IS NOT TRUE;', 'EXIT;'),
    race: commit.insertDuringCommit,
    says: /the commit: expected \{ kind: 'parentNotCurrent'/,
  },
  {
    guard: 'the foreign key of history, when the deletion comes last',
    remove: withoutConstraint(FOREIGN_KEY),
    race: deletion.commitDuringDeletion,
    says: /the deletion: expected \{ deleted: \[ …\(2\) \], refused: \[\] \}/,
  },
  {
    guard: 'the foreign key of history, when the commit comes last',
    remove: withoutConstraint(FOREIGN_KEY),
    race: deletion.deletionDuringCommit,
    says: /the commit: expected \{ kind: 'current'/,
  },
  {
    guard: 'a violation of that key taken for what it means, by the deletion and the commit',
    remove: unrecognised('23503'),
    race: deletion.commitDuringDeletion,
    says: /violates foreign key constraint/,
  },
  {
    guard: 'a violation of that key taken for what it means, by the commit',
    remove: unrecognised('23503'),
    race: deletion.deletionDuringCommit,
    says: /violates foreign key constraint/,
  },
  {
    guard: 'the lock on the head while history is pruned',
    remove: inFunction(PRUNE, 'FROM fm_sitrep_head h FOR UPDATE', 'FROM fm_sitrep_head h'),
    race: commit.twoPrunes,
    says: /query returned no rows/,
  },
  {
    guard: 'at least one version is kept',
    remove: inFunction(PRUNE, 'greatest(p_keep, 1)', 'p_keep'),
    race: commit.pruneToNothing,
    says: /query returned no rows/,
  },
  {
    guard: 'time_released, set by the prune',
    remove: inFunction(PRUNE, 'SET time_released = now()', 'SET time_released = NULL'),
    race: commit.releasedAgain,
    says: /expected \{ kind: 'parentNotCurrent'/,
  },
];

const DELETION_GUARDS: NeededGuard[] = [
  {
    guard: 'FOR NO KEY UPDATE on what is deleted',
    remove: inStatement('FOR NO KEY UPDATE', ''),
    race: deletion.twoDeletions,
    says: /what they say must stay: expected \[ .* \] to deeply equal \[\]/s,
  },
  {
    guard: 'FOR NO KEY UPDATE, not FOR UPDATE, on what is deleted',
    remove: inStatement('FOR NO KEY UPDATE', 'FOR UPDATE'),
    race: deletion.commitDuringDeletion,
    says: /the commit ends without waiting: expected false to be true/,
  },
  {
    guard: 'no deletion without a head',
    remove: inStatement('AND h.sitrep_id IS NOT NULL', ''),
    race: deletion.deletionBeforeHistory,
    says: /what went: expected \[ .* \] to deeply equal \[\]/,
  },
  {
    guard: 'no deletion of an undecided child of the head whose lifecycle is open',
    remove: inStatement(
      'AND NOT (s.parent_sitrep_id IS NOT DISTINCT FROM h.sitrep_id AND s.id = ANY ($2::uuid[]))',
      'AND $2::uuid[] IS NOT NULL',
    ),
    race: deletion.undecidedChild,
    says: /the commit: expected \{ kind: 'sitrepGone' \}/,
  },
  {
    guard: 'no deletion of what is in history, with the foreign key',
    remove: all(
      withoutConstraint(FOREIGN_KEY),
      inStatement('AND NOT EXISTS (SELECT FROM fm_sitrep_history hist WHERE hist.sitrep_id = s.id)', ''),
    ),
    race: deletion.deletionOfHistory,
    says: /what went: expected \[ …\(3\) \] to deeply equal/,
  },
  ...['fm_alert_request', 'fm_ereport_in_case', 'fm_case'].map((table) => ({
    guard: `the deletion of the rows of ${table}`,
    remove: inStatement(`DELETE FROM ${table} WHERE`, `DELETE FROM ${table} WHERE false AND`),
    race: deletion.wholeDeletion,
    says: new RegExp(`\\[I23\\] no row of ${table} lacks its sitrep`),
  })),
];

const READ_GUARDS: NeededGuard[] = [read.readDuringDeletion, read.readDuringPrune].map((race) => ({
  guard: 'one snapshot for a read',
  remove: inStatement('REPEATABLE READ READ ONLY', 'READ COMMITTED READ ONLY'),
  race,
  says: /what was read: expected/,
}));

const INSERT_GUARDS: NeededGuard[] = [
  {
    guard: 'ON CONFLICT DO NOTHING for a sitrep',
    remove: inStatement("decode($5, 'hex'), $6)\n     ON CONFLICT DO NOTHING", "decode($5, 'hex'), $6)"),
    race: insert.twinsWritten,
    says: /duplicate key value violates unique constraint "fm_sitrep_pkey"/,
  },
  {
    guard: 'READ COMMITTED for an insert',
    remove: inStatement('ISOLATION LEVEL READ COMMITTED', 'ISOLATION LEVEL REPEATABLE READ'),
    race: insert.twinsWritten,
    says: /could not serialize access/,
  },
  {
    guard: 'another look for a twin when its row is there already',
    remove: inStatement(IN, `${IN} AND false`, { actor: 'second', nth: 2 }),
    race: insert.twinsWritten,
    says: /the second: expected \{ kind: 'refused', …\(1\) \}/,
  },
  {
    guard: 'another look for a twin when the submission is gone',
    remove: inStatement(IN, `${IN} AND false`, { actor: 'first', nth: 2 }),
    race: insert.twinsBeforeTheDocument,
    says: /the first: expected \{ kind: 'refused', …\(1\) \}/,
  },
  {
    guard: 'another look for a twin before a refusal',
    remove: inStatement(IN, `${IN} AND false`, { actor: 'first', nth: 2 }),
    race: insert.twinsBeforeTheCheck,
    says: /the first: expected \{ kind: 'refused', …\(1\) \}/,
  },
  {
    guard: 'used request ids in one statement with the head',
    remove: headAskedBefore,
    race: insert.idUsedByARival,
    says: /the loser: expected \{ kind: 'refused'/,
  },
  {
    guard: 'request ids that have a marker are used',
    remove: inStatement(
      'WHERE EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = asked.id)',
      'WHERE false',
    ),
    race: insert.anewWithItsMarker,
    says: /expected \{ kind: 'inserted'/,
  },
  {
    guard: 'request ids that have an alert are used',
    remove: inStatement('OR EXISTS (SELECT FROM alert WHERE alert.id = asked.id)', ''),
    race: insert.anewWithItsAlert,
    says: /expected \{ kind: 'inserted'/,
  },
];

const SUBMISSION_GUARDS: NeededGuard[] = [
  {
    guard: 'the digest of what waits already',
    remove: inStatement('WHERE sitrep_submission.digest = excluded.digest', ''),
    race: submission.twoDocuments,
    says: /the late one: expected \{ kind: 'submitted' \}/,
  },
  {
    guard: 'the digest of what an insert takes',
    remove: inStatement(
      "SELECT document FROM sitrep_submission WHERE sitrep_id = $1 AND digest = decode($2, 'hex')",
      'SELECT document FROM sitrep_submission WHERE sitrep_id = $1 AND $2::text IS NOT NULL',
    ),
    race: submission.twoDocuments,
    says: /the insert of the late one: expected \{ kind: 'inserted'/,
  },
  {
    guard: 'the digest of what a refusal discards',
    remove: inStatement(
      "DELETE FROM sitrep_submission WHERE sitrep_id = $1 AND digest = decode($2, 'hex')",
      'DELETE FROM sitrep_submission WHERE sitrep_id = $1 AND $2::text IS NOT NULL',
    ),
    race: submission.lateRefusal,
    says: /the insert: expected \{ kind: 'refused'/,
  },
  {
    guard: 'another look for the id after a document was laid down',
    remove: inStatement(
      'AS digest FROM fm_sitrep WHERE id = $1',
      'AS digest FROM fm_sitrep WHERE id = $1 AND false',
      {
        actor: 'slow',
        nth: 2,
      },
    ),
    race: submission.submissionDuringInsert,
    says: /the late one: expected \{ kind: 'submitted' \}/,
  },
  {
    guard: 'a submission that was made again is young again',
    remove: inStatement('DO UPDATE SET time_submitted = now()', 'DO UPDATE SET digest = excluded.digest'),
    race: submission.sweepDuringResubmission,
    says: /deleted: expected true to be false/,
  },
  {
    guard: 'a sweep deletes only the submission that it saw',
    remove: inStatement('AND time_submitted = $2::timestamptz', 'AND $2::timestamptz IS NOT NULL'),
    race: submission.sweepDuringResubmission,
    says: /deleted: expected true to be false/,
  },
];

const SESSION_GUARDS: NeededGuard[] = [
  {
    guard: 'the time-out of a session that idles in its transaction',
    remove: withoutSetting('idle_in_transaction_session_timeout'),
    race: stalled.goneHolder,
    says: /lock timeout/,
  },
  {
    guard: 'the time-out of a statement',
    remove: withoutSetting('statement_timeout'),
    race: stalled.endlessHolder,
    says: /lock timeout/,
  },
  {
    guard: 'the time-out of a wait for a lock',
    remove: withoutSetting('lock_timeout'),
    race: stalled.waiterForTheHead,
    says: /to throw error including 'lock timeout' but got 'canceling statement due to statement/,
  },
];

const MARKING_GUARDS: NeededGuard[] = [
  {
    guard: 'the lock on the head while ereports are marked',
    remove: inFunction(MARK, LOCK, ''),
    race: marking.slowMarking,
    says: /read as new, and marked as seen all the same: expected \[ .* \] to deeply equal \[\]/,
  },
  {
    guard: 'first the lock, then the look, while ereports are marked',
    remove: inFunction(MARK, `${LOCK}\n  ${LOOK}`, `${LOOK}\n  ${LOCK}`),
    race: marking.markingWaitedForACommit,
    says: /ereports that were marked: expected \d to be \+0/,
  },
  {
    guard: 'the stale check of a marking',
    remove: inFunction(MARK, STALE, 'stale := false;'),
    race: marking.markingWaitedForACommit,
    says: /the marking for the old sitrep: expected 'marked' to be 'stale'/,
  },
  {
    guard:
      'the stale check of a marking and with it reading the ereports of the locked head, not of the id passed in',
    remove: all(inFunction(MARK, STALE, 'stale := false;'), inFunction(MARK, OF_THE_HEAD, OF_THE_ID)),
    race: marking.markingWaitedForACommit,
    says: /ereports that were marked: expected \d to be \+0/,
  },
  {
    guard: 'progress of a marking that moves only at its end',
    remove: inFunction(MARK, 'IF done THEN', 'IF true THEN'),
    race: marking.cutOffMarking,
    says: /the marks: expected/,
  },
  {
    guard: 'progress of a marking that moves only when there is something to remember',
    remove: inFunction(MARK, ' AND (p.generation < head.version OR fm_mark_seen_chunk.marked > 0)', ''),
    race: marking.markedHead,
    says: /the progress row: expected/,
  },
  {
    guard: 'no other look at a version that is marked',
    remove: inFunction(
      MARK,
      "(SELECT p.generation >= head.version FROM fm_rendezvous_progress p WHERE p.kind = 'ereport')",
      'false',
    ),
    race: marking.markedHead,
    says: /assignments that were looked at again: expected \d to be \+0/,
  },
  {
    guard: 'marks only for what has none',
    remove: all(inFunction(MARK, UNMARKED, 'WHERE true'), inFunction(MARK, UNMARKED_STILL, 'e.ena = u.ena')),
    race: marking.carriedOn,
    says: /the sitrep that had them first: expected/,
  },
  {
    guard: 'ereports locked in the order of their keys by a marking',
    remove: inFunction(MARK, KEY_ORDER_OF_MARKING, BACKWARDS),
    race: marking.marksAndSetsAside,
    says: /deadlock detected/,
  },
  {
    guard: 'ereports locked in the order of their keys by whoever sets them aside',
    remove: inStatement(KEY_ORDER, BACKWARDS),
    race: marking.marksAndSetsAside,
    says: /deadlock detected/,
  },
  {
    guard: 'what is seen is no longer set aside',
    remove: inFunction(MARK, ', set_aside = NULL', ''),
    race: marking.seenAfterAll,
    says: new RegExp(`violates check constraint "${SEEN_OR_ASIDE}"`),
  },
  {
    guard: 'what is seen is no longer set aside, and the check of that',
    remove: all(withoutConstraint(`ereport.${SEEN_OR_ASIDE}`), inFunction(MARK, ', set_aside = NULL', '')),
    race: marking.seenAfterAll,
    says: /the ereports: expected/,
  },
  {
    guard: 'what is seen is not set aside',
    remove: inStatement('WHERE e.marked_seen_in IS NULL AND coalesce', 'WHERE coalesce'),
    race: marking.setAsideDuringMarking,
    says: new RegExp(`violates check constraint "${SEEN_OR_ASIDE}"`),
  },
];

const ANALYSIS_GUARDS: NeededGuard[] = [
  {
    guard: 'what was decided stays decided',
    remove: all(
      inStatement(`WHERE e.marked_seen_in IS NULL AND ${UNDECIDED}`, 'WHERE e.marked_seen_in IS NULL'),
      inStatement(`AND e.marked_seen_in IS NULL AND ${UNDECIDED}`, 'AND e.marked_seen_in IS NULL'),
    ),
    race: analysis.decidedMeanwhile,
    says: /what became of them: expected/,
  },
  {
    guard: 'ON CONFLICT DO NOTHING for the record of an analysis',
    remove: inStatement(`${RECORD} ON CONFLICT DO NOTHING`, RECORD),
    race: analysis.twinAnalyses,
    says: /duplicate key value violates unique constraint "fm_analysis_pkey"/,
  },
  {
    guard: 'another look for the id after an analysis has laid its document down',
    remove: inStatement(DIGEST, `${DIGEST} AND false`, { actor: 'slow', nth: 2 }),
    race: analysis.lateTwinOfAnalysis,
    says: /submissions left behind: expected 1 to be \+0/,
  },
  {
    guard: 'no sweep of the record of what waits to be inserted',
    remove: inStatement('AND NOT EXISTS (SELECT FROM sitrep_submission WHERE sitrep_id = a.sitrep_id)', ''),
    race: analysis.sweptWhileItWaits,
    says: /what it deleted: expected \[ .* \] to deeply equal \[\]/,
  },
  {
    guard: 'no sweep of the record of what is there',
    remove: inStatement('AND NOT EXISTS (SELECT FROM fm_sitrep WHERE id = a.sitrep_id)', ''),
    race: analysis.sweptWhileItIsIn,
    says: /what it deleted: expected \[ .* \] to deeply equal \[\]/,
  },
  {
    guard: 'the deletion of the record of an analysis with its sitrep',
    remove: inStatement(
      'DELETE FROM fm_analysis WHERE sitrep_id',
      'DELETE FROM fm_analysis WHERE false AND sitrep_id',
    ),
    race: analysis.collectedWithItsRecord,
    says: /records left behind: expected 1 to be \+0/,
  },
  {
    guard: 'one snapshot for what an analysis reads',
    remove: inStatement('REPEATABLE READ READ ONLY', 'READ COMMITTED READ ONLY'),
    race: analysis.readWhileCollected,
    says: /the cases of the parent as they were read: expected \[\] to deeply equal/,
  },
];

/** Each guard of the store, and the race that goes red without it. */
export const GUARDS: NeededGuard[] = [
  RENDEZVOUS_GUARDS,
  MARKER_GUARDS,
  COMMIT_GUARDS,
  DELETION_GUARDS,
  READ_GUARDS,
  INSERT_GUARDS,
  SUBMISSION_GUARDS,
  MARKING_GUARDS,
  ANALYSIS_GUARDS,
  SESSION_GUARDS,
].flat();

/** Guards behind which another one stands: without them everything still comes out right. */
export const SECOND_LINE: (Guard & { behind: string })[] = [
  {
    guard: 'reading the ereports of the locked head, not of the id passed in',
    remove: inFunction(MARK, OF_THE_HEAD, OF_THE_ID),
    race: marking.markingWaitedForACommit,
    behind: 'the stale check, after which the two are the same',
  },
  ...[marking.twoMarkingsAfterTheLook, marking.twoMarkingsBeforeTheCommit].map((race) => ({
    guard: 'one chunk of a marking at a time',
    remove: inFunction(MARK, ONE_AT_A_TIME, ''),
    race,
    behind: 'the locks on the ereports, after which their marks are looked at again',
  })),
  {
    guard: 'the lock on the progress before that on the head',
    remove: inFunction(MARK, `${ONE_AT_A_TIME}\n  ${LOCK}`, `${LOCK}\n  ${ONE_AT_A_TIME}`),
    race: marking.markingAndRendezvous,
    behind: 'Postgres, which after a second lets the rendezvous go past the commit that waits',
  },
  {
    guard: 'another look at the mark when it is set',
    remove: inFunction(MARK, UNMARKED_STILL, 'e.ena = u.ena'),
    race: marking.carriedOn,
    behind: 'the look before it, which locks the ereport',
  },
  {
    guard: 'no record and no submission where the sitrep is in',
    remove: inStatement(DIGEST, `${DIGEST} AND false`, { actor: 'slow', nth: 1 }),
    race: analysis.lateTwinOfAnalysis,
    behind: 'the look after it',
  },
  {
    guard: 'reading the requests of the locked head, not of the id passed in',
    remove: inFunction(RENDEZVOUS, 'WHERE r.sitrep_id = head.sitrep_id', 'WHERE r.sitrep_id = p_sitrep_id'),
    race: rendezvous.waitedForACommit,
    behind: 'the stale check, after which the two are the same',
  },
  {
    guard: 'progress in a table of its own, not in the row of the head',
    remove: inFunction(
      RENDEZVOUS,
      'UPDATE fm_rendezvous_progress p',
      'UPDATE fm_sitrep_head SET version = version; UPDATE fm_rendezvous_progress p',
    ),
    race: rendezvous.twoAfterTheLook,
    behind: 'one chunk at a time, so that no two finish at once',
  },
  {
    guard: 'no swap of what was released',
    remove: inFunction(MAKE_CURRENT, 'AND s.time_released IS NULL', ''),
    race: commit.releasedAgain,
    behind: 'the comparison of the swap: the head never comes to a released sitrep’s parent again',
  },
  {
    guard: 'no deletion of what is in history',
    remove: inStatement(
      'AND NOT EXISTS (SELECT FROM fm_sitrep_history hist WHERE hist.sitrep_id = s.id)',
      '',
    ),
    race: deletion.deletionOfHistory,
    behind: 'the foreign key of history',
  },
  ...[insert.parentDeletedDuringTheLook, insert.parentDeletedAfterTheLook].map((race) => ({
    guard: 'FOR KEY SHARE on the parent of an insert',
    remove: inStatement(' FOR KEY SHARE', ''),
    race,
    behind: 'the question whether the parent is in history, which comes after all that is read of it',
  })),
];
