import type pg from 'pg';
import { aCase, aRequest, type Sent, submissionOf } from '../support/document.ts';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const [FIRST, HEAD, LOST, WAITING] = [id(1), id(2), id(3), id(4)];
const [CASE, RESTART] = [id(10), id(11)];
const [CARRIED, ASKED, IN_VAIN] = [id(20), id(21), id(22)];
const [TOLD, RECEIVER, DELIVERED, PENDING] = [id(30), id(31), id(32), id(33)];

function sitrepOf(sitrepId: string, parentId: string | null, requests: string[], ereports: string[]): Sent {
  const alertRequests = requests.map((requestId) => aRequest({ id: requestId }));
  const assigned = ereports.map((ena) => ({ restartId: RESTART, ena, comment: '' }));
  const cases = [aCase({ id: CASE, alertRequests, ereports: assigned })];
  return { id: sitrepId, parentId, creator: 'ada', comment: 'as it was', cases };
}
const digestOf = (sent: Sent) => Buffer.from(submissionOf(sent).digest, 'hex');

const first = sitrepOf(FIRST, null, [CARRIED], ['0x1']);
/** What is current in the rows of every release. */
export const releasedHead = sitrepOf(HEAD, FIRST, [CARRIED, ASKED], ['0x1']);
const lost = sitrepOf(LOST, FIRST, [CARRIED, IN_VAIN], ['0x1']);
const waiting = sitrepOf(WAITING, HEAD, [CARRIED, ASKED], ['0x1', '0x2']);

/** The alert that was deleted, before all of this was left to a newer release. */
export const DELETED = CARRIED;

/**
 * What each release brought, as it was left in the tables of that release: plain SQL, for the code of today writes to
 * those of today. Two in history, an orphan, one that waits for its insert; an alert, and one that was deleted.
 */
const BROUGHT_BY: Record<number, (database: pg.Pool) => Promise<unknown>> = {
  1: async (database) => {
    for (const [sent, generation] of [
      [first, 1],
      [releasedHead, 2],
      [lost, 2],
    ] as const) {
      await database.query(
        `INSERT INTO fm_sitrep (id, parent_sitrep_id, creator, comment, digest, alert_generation)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [sent.id, sent.parentId, sent.creator, sent.comment, digestOf(sent), generation],
      );
    }
    await database.query(`
      INSERT INTO fm_sitrep_history (version, sitrep_id) VALUES (1, '${FIRST}'), (2, '${HEAD}');
      UPDATE fm_sitrep_head SET version = 2, sitrep_id = '${HEAD}', alert_generation = 2;
      UPDATE fm_rendezvous_progress SET generation = 2, sitrep_id = '${HEAD}', time_met = now(), examined = 1, created = 1
       WHERE kind = 'alert';
      INSERT INTO fm_case (sitrep_id, id, engine, created_sitrep_id, comment)
      SELECT id, '${CASE}', 'test', '${FIRST}', '' FROM fm_sitrep;
      INSERT INTO fm_ereport_in_case (sitrep_id, case_id, restart_id, ena, assigned_sitrep_id, comment)
      SELECT id, '${CASE}', '${RESTART}', 1, '${FIRST}', '' FROM fm_sitrep;
      INSERT INTO fm_alert_request (sitrep_id, id, requested_sitrep_id, case_id, alert_class, alert_version, payload,
                                    generation, comment)
      SELECT sitrep_id::uuid, request::uuid, by::uuid, '${CASE}', 'test.foo', 0, '{"n": 1}', generation, ''
        FROM (VALUES ('${FIRST}', '${CARRIED}', '${FIRST}', 1),
                     ('${HEAD}', '${CARRIED}', '${FIRST}', 1), ('${HEAD}', '${ASKED}', '${HEAD}', 2),
                     ('${LOST}', '${CARRIED}', '${FIRST}', 1), ('${LOST}', '${IN_VAIN}', '${LOST}', 2))
          AS requested (sitrep_id, request, by, generation);
      INSERT INTO rendezvous_alert_created (alert_id, sitrep_id) VALUES ('${CARRIED}', '${FIRST}'), ('${ASKED}', '${HEAD}');
      INSERT INTO alert (id, class, version, payload, case_id, requested_sitrep_id)
      VALUES ('${ASKED}', 'test.foo', 0, '{"n": 1}', '${CASE}', '${HEAD}');
      INSERT INTO ereport (restart_id, ena, reporter, class, body, time_collected, marked_seen_in)
      VALUES ('${RESTART}', 1, '{"type": "sp", "spType": "power", "slot": 0}', 'hw.remove.psu', '{}', now(), '${FIRST}'),
             ('${RESTART}', 2, '{"type": "sp", "spType": "power", "slot": 0}', NULL, '{}', now(), NULL);`);
    const { canonical } = submissionOf(waiting);
    await database.query(
      `INSERT INTO sitrep_submission (sitrep_id, parent_sitrep_id, creator, comment, digest, document)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [WAITING, HEAD, waiting.creator, waiting.comment, digestOf(waiting), canonical],
    );
  },
  3: (database) =>
    database.query(`
      INSERT INTO receiver (id, name, description, endpoint, retry_delays)
      VALUES ('${RECEIVER}', 'watch', '', 'https://watch.example/', '{0, 60}');
      INSERT INTO receiver_secret (id, receiver_id, sealed) VALUES ('${id(40)}', '${RECEIVER}', '\\x00');
      INSERT INTO receiver_subscription VALUES ('${RECEIVER}', 'test.quux.bar', '^test\\.quux\\.bar$');
      INSERT INTO alert (id, class, version, payload, time_dispatched, num_dispatched)
      VALUES ('${TOLD}', 'test.quux.bar', 0, '{}', now(), 1);
      INSERT INTO delivery (id, receiver_id, alert_id, trigger, state, attempts, time_due, time_ended)
      VALUES ('${DELIVERED}', '${RECEIVER}', '${TOLD}', 'alert', 'delivered', 1, now(), now()),
             ('${PENDING}', '${RECEIVER}', '${TOLD}', 'resend', 'pending', 1, now(), NULL);
      INSERT INTO delivery_attempt (delivery_id, number, time_started, time_ended, outcome, status)
      VALUES ('${DELIVERED}', 1, now(), now(), 'delivered', 204), ('${PENDING}', 1, now(), now(), 'rejected', 503);`),
  5: (database) =>
    database.query(`INSERT INTO ereporter_restart
      SELECT reporter, restart_id, min(time_collected), max(time_collected) FROM ereport GROUP BY 1, 2`),
  6: (database) =>
    database.query(`INSERT INTO configuration (version, document, author, comment)
      VALUES (1, '{"keepVersions": 5}', 'grace', 'fewer')`),
  7: (database) =>
    database.query(`
      UPDATE ereport SET set_aside = 'not-understood' WHERE ena = 2;
      INSERT INTO fm_analysis (sitrep_id, inputs, report) VALUES ('${HEAD}', '{"arrived": []}', '{"ignored": []}');
      UPDATE fm_rendezvous_progress SET generation = 2, sitrep_id = '${HEAD}', time_met = now() WHERE kind = 'ereport';`),
};

/** Fills the tables of a release. */
export async function fillRelease(database: pg.Pool, release: number): Promise<void> {
  for (const [brought, write] of Object.entries(BROUGHT_BY)) {
    if (Number(brought) <= release) await write(database);
  }
}
