import type pg from 'pg';

/** As after the migrations. DELETE, since TRUNCATE makes new files for every table, which takes longer here. */
export async function emptyDatabase(pool: pg.Pool): Promise<void> {
  await pool.query(`
    DELETE FROM fm_sitrep_history;
    DELETE FROM fm_sitrep;
    DELETE FROM fm_case;
    DELETE FROM fm_ereport_in_case;
    DELETE FROM fm_alert_request;
    DELETE FROM alert;
    DELETE FROM rendezvous_alert_created;
    DELETE FROM sitrep_submission;
    UPDATE fm_sitrep_head SET version = 0, sitrep_id = NULL, alert_generation = 0;
    UPDATE fm_rendezvous_progress
       SET generation = 0, sitrep_id = NULL, time_met = NULL, examined = 0, created = 0, time_verified = NULL`);
}
