-- Commits in steps whose plans stand once made. Postgres made that of the prune anew for each commit, since the number
-- of rows below a version is only known when it comes; a look-up of one row by its key has the same plan always. And
-- nothing is told that it lost whose parent is current. Last, the chunks of rendezvous and collection are held to indexes.

-- Each row is changed once, when it is released: with room in its page for that, no index has to be touched.
ALTER TABLE fm_sitrep SET (fillfactor = 80);

-- Takes up to p_limit of the oldest versions beyond the newest p_keep out of history, and marks their
-- sitreps as released. Locks the head first, as a commit does, so that two prunes never count the same
-- versions.
CREATE OR REPLACE FUNCTION fm_prune_history(p_keep bigint, p_limit integer, OUT released uuid[])
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  head_version bigint;
  oldest bigint;
  pruned uuid;
BEGIN
  SELECT h.version INTO STRICT head_version FROM fm_sitrep_head h FOR UPDATE;
  SELECT h.version INTO oldest FROM fm_sitrep_history h ORDER BY h.version LIMIT 1;
  released := '{}';
  WHILE oldest <= head_version - greatest(p_keep, 1) AND cardinality(released) < p_limit LOOP
    DELETE FROM fm_sitrep_history h WHERE h.version = oldest
    RETURNING h.sitrep_id INTO STRICT pruned;
    UPDATE fm_sitrep s SET time_released = now() WHERE s.id = pruned;
    released := released || pruned;
    -- History has no gaps.
    oldest := oldest + 1;
  END LOOP;
END $$;

-- The compare-and-swap on the head, with its place in history and the prune of what falls out, or else
-- what has become of the sitrep.
--
-- version is null when the swap was lost (then or before). It is found again by a retry whose first reply
-- was lost, also while the first attempt still commits: the update waits for it, and the look-up is a
-- statement of its own, with a snapshot taken after that wait.
CREATE OR REPLACE FUNCTION fm_make_current(
  p_sitrep_id uuid, p_parent_id uuid, p_keep bigint, p_prune_limit integer,
  OUT version bigint, OUT is_head boolean, OUT released uuid[],
  OUT sitrep_exists boolean, OUT was_released boolean, OUT age_seconds double precision,
  OUT parent_is_head boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  is_child boolean;
BEGIN
  released := '{}';
  LOOP
    -- Joined to fm_sitrep, so that a missing row doesn't match as a null parent.
    UPDATE fm_sitrep_head h
       SET version = h.version + 1, sitrep_id = s.id, alert_generation = s.alert_generation
      FROM fm_sitrep s
     WHERE s.id = p_sitrep_id AND h.sitrep_id IS NOT DISTINCT FROM s.parent_sitrep_id
       -- A released sitrep has been in history once, and never comes again.
       AND s.time_released IS NULL
    RETURNING h.version, true, true, false INTO fm_make_current.version, is_head, sitrep_exists, was_released;
    IF FOUND THEN
      INSERT INTO fm_sitrep_history (version, sitrep_id) VALUES (fm_make_current.version, p_sitrep_id);
      released := fm_prune_history(p_keep, p_prune_limit);
      RETURN;
    END IF;
    SELECT hist.version, h.sitrep_id IS NOT DISTINCT FROM p_sitrep_id, s.id IS NOT NULL,
           s.time_released IS NOT NULL, extract(epoch FROM clock_timestamp() - s.time_created),
           h.sitrep_id IS NOT DISTINCT FROM p_parent_id,
           s.id IS NOT NULL AND s.parent_sitrep_id IS NOT DISTINCT FROM h.sitrep_id
      INTO fm_make_current.version, is_head, sitrep_exists, was_released, age_seconds, parent_is_head, is_child
      FROM fm_sitrep_head h
      LEFT JOIN fm_sitrep s ON s.id = p_sitrep_id
      LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = p_sitrep_id;
    -- What was inserted between the two statements has not lost: the swap did not see it.
    EXIT WHEN was_released OR is_child IS NOT TRUE;
  END LOOP;
END $$;

-- Row by row, by index: a plan that was made while alerts or markers had just been cleared away took them for empty, and
-- stayed with its session. Then each request of a large sitrep read all that had been made before it.
ALTER FUNCTION fm_rendezvous_alert_chunk(uuid, bigint, uuid, integer, bigint, bigint) SET enable_seqscan = off;
ALTER FUNCTION fm_collect_marker_chunk(uuid, integer) SET enable_seqscan = off;
