import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { markSeen } from '../../src/store/mark-seen.ts';
import { commit, commitAndMeet, insert } from './commit.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { aCase, aChildOf, aRequest, aSitrep } from './document.ts';
import { ereportsOf, type SentEreport, taken } from './ereports.ts';
import { checkInvariants } from './invariants.ts';
import { dispatchAll, makeReceiver, SendersClock } from './receivers.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

/** Three versions that carry a closed case, an ereport and two alerts, and an orphan of the second. */
async function aFullDatabase(): Promise<void> {
  const [sent] = ereportsOf(newId(), 1) as [SentEreport];
  await writeEreports(db.pool, [taken(sent)]);
  const ereports = [{ restartId: sent.restartId, ena: '1' }];
  const alertRequests = [aRequest(), aRequest()];
  const first = aSitrep({ cases: [aCase({ closed: true, ereports, alertRequests })] });
  const second = aChildOf(first);
  const third = aChildOf(second);
  await commitAndMeet(db.pool, first);
  await commit(db.pool, second);
  await insert(db.pool, aChildOf(second, { cases: [aCase({ alertRequests: [aRequest()] })] }));
  await commitAndMeet(db.pool, third);
  await markSeen(db.pool, third.id);
  await deliverSome();
  await writeEreports(db.pool, ereportsOf(newId(), 3).map(taken));
}

/** Of two alerts to two receivers: one delivered at the second attempt, the others pending. */
async function deliverSome(): Promise<void> {
  const [receiver] = [await makeReceiver(db.pool), await makeReceiver(db.pool)];
  await dispatchAll(db.pool);
  const clock = new SendersClock();
  await clock.refuse(db.pool, receiver, await clock.begin(db.pool, receiver, 1), 0);
  await clock.accept(db.pool, receiver, await clock.begin(db.pool, receiver, 1));
  await clock.begin(db.pool, receiver, 1);
}

const VERSION = (version: number) => `(SELECT sitrep_id FROM fm_sitrep_history WHERE version = ${version})`;
const ORPHAN = '(SELECT id FROM fm_sitrep WHERE id NOT IN (SELECT sitrep_id FROM fm_sitrep_history))';
const UNIQUE_NO_MORE = 'ALTER TABLE fm_sitrep_history DROP CONSTRAINT fm_sitrep_history_sitrep_id_key;';
const UNBIND = 'ALTER TABLE fm_sitrep_history DROP CONSTRAINT fm_sitrep_history_sitrep_id_fkey;';

test('a sound database breaks none', async () => {
  await checkInvariants(db.pool, { keep: 3 });
  await aFullDatabase();
  await checkInvariants(db.pool, { keep: 3 });
});

// Each is damage that no function of the store does; checkInvariants has to see it.
test.each([
  [1, `UPDATE fm_sitrep_head SET version = 2, sitrep_id = ${VERSION(2)}`],
  [2, 'DELETE FROM fm_sitrep_history WHERE version = 2'],
  [3, `${UNIQUE_NO_MORE} UPDATE fm_sitrep_history SET sitrep_id = ${VERSION(1)} WHERE version = 2`],
  [4, `UPDATE fm_sitrep SET parent_sitrep_id = ${VERSION(1)} WHERE id = ${VERSION(3)}`],
  [6, 'UPDATE fm_sitrep_head SET alert_generation = 7'],
  [6, `UPDATE fm_case SET comment = 'changed' WHERE sitrep_id = ${VERSION(2)}`],
  [11, `INSERT INTO rendezvous_alert_created (alert_id, sitrep_id) SELECT gen_random_uuid(), ${ORPHAN}`],
  [12, 'DELETE FROM rendezvous_alert_created'],
  [13, 'DELETE FROM rendezvous_alert_created'],
  [18, `UPDATE fm_alert_request SET requested_sitrep_id = sitrep_id WHERE sitrep_id = ${VERSION(2)}`],
  [18, `UPDATE fm_case SET created_sitrep_id = sitrep_id WHERE sitrep_id = ${VERSION(3)}`],
  [19, `UPDATE fm_sitrep SET alert_generation = 2 WHERE id = ${VERSION(2)}`],
  [19, 'DELETE FROM rendezvous_alert_created'],
  [21, `UPDATE fm_sitrep SET time_released = now() WHERE id = ${VERSION(2)}`],
  [21, `${UNBIND} DELETE FROM fm_sitrep WHERE id = ${VERSION(1)}`],
  [23, `INSERT INTO fm_case VALUES (gen_random_uuid(), gen_random_uuid(), '', gen_random_uuid(), NULL, '')`],
  [25, 'DELETE FROM fm_sitrep_history WHERE version = 1'],
  [33, `UPDATE fm_case SET closed_sitrep_id = NULL WHERE sitrep_id = ${VERSION(3)}`],
  [33, `UPDATE fm_alert_request SET case_id = id WHERE sitrep_id = ${VERSION(3)}`],
  [33, `UPDATE fm_ereport_in_case SET assigned_sitrep_id = sitrep_id WHERE sitrep_id = ${VERSION(3)}`],
  [34, `UPDATE alert SET payload = '{}'`],
  [
    35,
    `DROP INDEX delivery_once; INSERT INTO delivery SELECT gen_random_uuid(), receiver_id, alert_id, 'alert', 'failed', NULL, 0, now(), now(), NULL, now() FROM delivery`,
  ],
  [
    35,
    `DROP INDEX delivery_pending_once; UPDATE delivery SET alert_id = (SELECT min(id::text)::uuid FROM alert), trigger = 'resend'`,
  ],
  [36, 'UPDATE alert SET time_dispatched = NULL'],
  [36, 'UPDATE alert SET num_dispatched = 1'],
  [37, 'DELETE FROM alert'],
  [37, `UPDATE receiver SET disabled_because = 'gone', time_disabled = now()`],
  [38, `UPDATE delivery SET state = 'failed' WHERE state = 'delivered'`],
  [38, `UPDATE delivery SET state = 'delivered', time_ended = now() WHERE attempts = 0`],
  [38, 'UPDATE delivery_attempt SET status = 302 WHERE status = 200'],
  [39, 'DELETE FROM delivery_attempt WHERE number = 1'],
  [39, 'UPDATE delivery_attempt SET outcome = NULL WHERE number = 1'],
  [39, 'UPDATE delivery SET attempts = attempts + 1'],
  [40, 'DELETE FROM receiver_secret'],
  [40, 'UPDATE receiver_secret SET time_expires = now()'],
  [
    41,
    'ALTER TABLE ereport DROP CONSTRAINT ereport_pkey; INSERT INTO ereport OVERRIDING USER VALUE SELECT * FROM ereport WHERE marked_seen_in IS NULL',
  ],
  [42, 'DELETE FROM ereporter_restart'],
  [42, 'DELETE FROM ereport'],
  [42, `UPDATE ereporter_restart SET time_latest_ereport = now()`],
  [42, `UPDATE ereport SET time_collected = now() WHERE ena = 2`],
  [43, `UPDATE ereport SET marked_seen_in = ${ORPHAN} WHERE marked_seen_in IS NOT NULL`],
  [43, `UPDATE ereport SET marked_seen_in = ${VERSION(2)} WHERE marked_seen_in IS NULL`],
  [
    43,
    `ALTER TABLE ereport DROP CONSTRAINT ereport_seen_or_set_aside; UPDATE ereport SET set_aside = 'ignored'`,
  ],
  [45, `INSERT INTO fm_analysis VALUES (${VERSION(2)}, '{}', '{}')`],
])('[I%i] is seen to be broken by %s', async (invariant, damage) => {
  await aFullDatabase();
  await db.pool.query(damage);
  await expect(checkInvariants(db.pool, { keep: 3 })).rejects.toThrow(`[I${invariant}]`);
});
