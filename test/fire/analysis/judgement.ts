import type pg from 'pg';
import { expect } from 'vitest';
import { formatEna } from '../../../src/model/ena.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { diskOf, placeOf, type Reported } from './reported.ts';

/** Keeps on record each mark and each alert as it is made, since of two in turn only the last would be seen. */
export async function watch(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE marking (restart_id uuid, ena numeric, seen_in uuid);
    CREATE TABLE making (id uuid, class text, payload jsonb);
    CREATE FUNCTION note_marking() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO marking VALUES (NEW.restart_id, NEW.ena, NEW.marked_seen_in);
      RETURN NULL;
    END $$;
    CREATE FUNCTION note_making() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO making VALUES (NEW.id, NEW.class, NEW.payload);
      RETURN NULL;
    END $$;
    CREATE TRIGGER note_marking AFTER UPDATE OF marked_seen_in ON ereport FOR EACH ROW
      WHEN (NEW.marked_seen_in IS DISTINCT FROM OLD.marked_seen_in) EXECUTE FUNCTION note_marking();
    CREATE TRIGGER note_making AFTER INSERT ON alert FOR EACH ROW EXECUTE FUNCTION note_making();`);
}

/** Whether there is nothing left to read, to meet, to mark, or to drop. */
export async function isQuiet(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ busy: boolean }>(`
    SELECT EXISTS (SELECT FROM ereport WHERE marked_seen_in IS NULL AND set_aside IS NULL)
        OR EXISTS (SELECT FROM fm_sitrep_head h JOIN fm_rendezvous_progress p
                      ON p.generation < CASE p.kind WHEN 'alert' THEN h.alert_generation ELSE h.version END)
        OR EXISTS (SELECT FROM fm_sitrep_head h JOIN fm_case c
                      ON c.sitrep_id = h.sitrep_id AND c.closed_sitrep_id IS NOT NULL) AS busy`);
  return rows[0]?.busy === false;
}

/**
 * What must have come of it: each ereport is read, and in a case marked once; there is a case for each thing that has to
 * have one, and no other; each alert was made once. `byHand`: alerts that people have asked for.
 */
export async function expectRightDiagnosis(
  pool: pg.Pool,
  reported: Reported[],
  byHand: string[] = [],
): Promise<void> {
  await checkInvariants(pool);
  const all = reported.flatMap(({ ereports, last }) => [...ereports, ...last]);
  const ends = all.map(({ sent, end }) => `${nameOf(sent.restartId, String(sent.ena))} ${end}`);
  expect(await endsOf(pool), 'what became of each ereport').toEqual(ends.sort());
  const seen = ends.filter((line) => line.endsWith(' seen'));
  expect(await markings(pool), 'the marks, each once').toEqual(seen);
  const open = reported.flatMap((one) => one.open ?? []);
  expect(await openCases(pool), 'what is believed').toEqual(open.sort());
  const alerts = [...reported.flatMap((one) => one.alerts), ...byHand];
  expect(await makings(pool), 'the alerts, each once').toEqual(alerts.sort());
  const unrecorded = await pool.query(
    `SELECT id FROM fm_sitrep s WHERE creator = 'diagnosis'
        AND NOT EXISTS (SELECT FROM fm_analysis WHERE sitrep_id = s.id)`,
  );
  expect(unrecorded.rows, 'sitreps of which it is not known why').toEqual([]);
}

function nameOf(restartId: string, ena: string): string {
  return `${restartId} ${formatEna(BigInt(ena))}`;
}

async function endsOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ restartId: string; ena: string; end: string }>(
    `SELECT restart_id AS "restartId", ena::text,
            CASE WHEN marked_seen_in IS NOT NULL THEN 'seen' ELSE coalesce(set_aside, 'unread') END AS end
       FROM ereport`,
  );
  return rows.map(({ restartId, ena, end }) => `${nameOf(restartId, ena)} ${end}`).sort();
}

async function markings(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ restartId: string; ena: string }>(
    'SELECT restart_id AS "restartId", ena::text FROM marking',
  );
  return rows.map(({ restartId, ena }) => `${nameOf(restartId, ena)} seen`).sort();
}

/** What the open cases are about that diagnosis has made, by any of the ereports in each. */
async function openCases(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ rackId: string | null; slot: number | null; disk: string | null }>(
    `SELECT e.reporter->>'rackId' AS "rackId", (e.body->>'slot')::integer AS slot, e.body->>'disk' AS disk
       FROM fm_sitrep_head h
       JOIN fm_case c ON c.sitrep_id = h.sitrep_id AND c.closed_sitrep_id IS NULL AND c.engine <> 'by hand'
       LEFT JOIN LATERAL (
         SELECT * FROM fm_ereport_in_case a JOIN ereport USING (restart_id, ena)
          WHERE a.sitrep_id = c.sitrep_id AND a.case_id = c.id LIMIT 1) e ON true`,
  );
  return rows
    .map(({ rackId, slot, disk }) => (disk === null ? placeOf(String(rackId), Number(slot)) : diskOf(disk)))
    .sort();
}

interface Payload {
  rackId: string;
  psu: { slot: number };
  time: string;
  thing: { value: string }[];
}

async function makings(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; class: string; payload: Payload }>('SELECT * FROM making');
  return rows.map(inWords).sort();
}

function inWords({ id, class: name, payload }: { id: string; class: string; payload: Payload }): string {
  if (name === 'threshold.exceeded') return diskOf(String(payload.thing[0]?.value));
  if (!name.startsWith('hardware.power_shelf.psu.')) return id;
  const kind = name.endsWith('remove') ? 'removed' : 'inserted';
  return `${placeOf(payload.rackId, payload.psu.slot)} ${kind} at ${payload.time.replace(/000Z$/, 'Z')}`;
}
