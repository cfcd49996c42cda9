-- Analysis: what has been read, what each analysis saw, and which ereports a current sitrep has taken account of.

-- Read by an analysis, and in no case: 'not-understood' by any engine, or 'ignored', since an engine said that it needs
-- no case; these are not read again. Or 'undecided': an engine failed that might have read it. Those are read again, but
-- apart from what is new, which they would otherwise hold up. None of this is "seen": only the rendezvous of a current
-- sitrep marks an ereport as seen.
ALTER TABLE ereport
  ADD COLUMN set_aside text CHECK (set_aside IN ('not-understood', 'ignored', 'undecided')),
  -- The place in the queue of what is to be read. Whoever came first is read first, whatever his restart id and however
  -- much others report; an undecided one that stays so goes to the end.
  ADD COLUMN read_order bigint GENERATED ALWAYS AS IDENTITY,
  ADD CONSTRAINT ereport_seen_or_set_aside CHECK (marked_seen_in IS NULL OR set_aside IS NULL);

-- What an analysis has yet to read, and what it has to read again.
CREATE INDEX ereport_unread ON ereport (read_order) WHERE marked_seen_in IS NULL AND set_aside IS NULL;
CREATE INDEX ereport_undecided ON ereport (read_order) WHERE set_aside = 'undecided';

-- What the analysis that made a sitrep saw, and why it did what it did. Written together with its submission, so there
-- is a time when there is no sitrep of that id yet; deleted with the sitrep, or by `tend` when there never was one.
CREATE TABLE fm_analysis (
  sitrep_id    uuid PRIMARY KEY,
  -- Enough to run it again: src/diagnosis/stored-inputs.ts. Ereports by their keys, the parent by its id.
  inputs       jsonb NOT NULL CHECK (jsonb_typeof(inputs) = 'object'),
  -- src/diagnosis/report.ts
  report       jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object'),
  time_created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX fm_analysis_oldest ON fm_analysis (time_created, sitrep_id);

-- The generation of this kind is a version: up to it, the ereports that the head assigns are marked as seen.
INSERT INTO fm_rendezvous_progress (kind, generation) VALUES ('ereport', 0);

-- One chunk of marking as seen: the ereports that the current sitrep has in its cases. Those that are marked stay as they
-- are, so the mark names the first sitrep that took account of it. What the service does not have yet is passed over.
--
-- p_sitrep_id  the sitrep whose rendezvous this is; when it is not the head, nothing is written
-- p_thorough   look at all of them also when this version is done: an ereport may arrive after what has it in a case
-- p_after_*    where the chunk before ended; null: begin
-- p_examined/marked  what earlier chunks did, to be remembered at the end
--
-- The settings hold the look-up to the primary key of ereport: statistics know nothing of a sitrep that is new.
CREATE FUNCTION fm_mark_seen_chunk(
  p_sitrep_id uuid, p_thorough boolean, p_after_case uuid, p_after_restart uuid, p_after_ena numeric,
  p_limit integer, p_examined bigint, p_marked bigint,
  OUT stale boolean, OUT done boolean, OUT examined bigint, OUT marked bigint,
  OUT last_case uuid, OUT last_restart uuid, OUT last_ena numeric)
LANGUAGE plpgsql VOLATILE
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  head fm_sitrep_head;
  assigned integer;
BEGIN
  -- In the order of fm_rendezvous_alert_chunk: the progress first, then the head.
  LOCK TABLE fm_rendezvous_progress IN SHARE ROW EXCLUSIVE MODE;
  LOCK TABLE fm_sitrep_head IN SHARE MODE;
  SELECT * INTO STRICT head FROM fm_sitrep_head;
  stale := head.sitrep_id IS DISTINCT FROM p_sitrep_id;
  examined := p_examined;
  marked := p_marked;
  last_case := coalesce(p_after_case, '00000000-0000-0000-0000-000000000000');
  last_restart := coalesce(p_after_restart, '00000000-0000-0000-0000-000000000000');
  last_ena := coalesce(p_after_ena, -1);
  done := NOT stale AND NOT p_thorough
    AND (SELECT p.generation >= head.version FROM fm_rendezvous_progress p WHERE p.kind = 'ereport');
  IF stale OR done THEN
    RETURN;
  END IF;

  WITH chunk AS MATERIALIZED (
    SELECT a.case_id, a.restart_id, a.ena FROM fm_ereport_in_case a
     WHERE a.sitrep_id = head.sitrep_id
       AND (a.case_id, a.restart_id, a.ena) > (last_case, last_restart, last_ena)
     ORDER BY a.case_id, a.restart_id, a.ena
     LIMIT p_limit
  ), unseen AS MATERIALIZED (
    -- In the order in which ereports are always locked, so that nobody who sets some aside waits in a circle.
    SELECT e.restart_id, e.ena
      FROM (SELECT DISTINCT c.restart_id, c.ena FROM chunk c) AS asked
      JOIN ereport e ON e.restart_id = asked.restart_id AND e.ena = asked.ena
     WHERE e.marked_seen_in IS NULL
     ORDER BY e.restart_id, e.ena
       FOR UPDATE OF e
  ), now_seen AS (
    UPDATE ereport e SET marked_seen_in = head.sitrep_id, set_aside = NULL
      FROM unseen u WHERE e.restart_id = u.restart_id AND e.ena = u.ena AND e.marked_seen_in IS NULL
    RETURNING e.ena
  ), last AS (
    SELECT c.case_id, c.restart_id, c.ena FROM chunk c
     ORDER BY c.case_id DESC, c.restart_id DESC, c.ena DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM chunk), marked + (SELECT count(*) FROM now_seen),
         coalesce((SELECT l.case_id FROM last l), last_case),
         coalesce((SELECT l.restart_id FROM last l), last_restart),
         coalesce((SELECT l.ena FROM last l), last_ena)
    INTO assigned, marked, last_case, last_restart, last_ena;
  examined := examined + assigned;

  done := assigned < p_limit;
  IF done THEN
    UPDATE fm_rendezvous_progress p
       SET generation = head.version, sitrep_id = head.sitrep_id, time_met = now(),
           examined = fm_mark_seen_chunk.examined, created = fm_mark_seen_chunk.marked
     WHERE p.kind = 'ereport' AND (p.generation < head.version OR fm_mark_seen_chunk.marked > 0);
  END IF;
END $$;
