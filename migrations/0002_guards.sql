-- Steps that lock first and then look, each in one round trip, so that nobody sits on a lock while the
-- network is slow. In READ COMMITTED every statement of a VOLATILE function takes a new snapshot: that is
-- what makes "look" see everything that was committed before the lock was granted.

-- One chunk of the rendezvous of the current sitrep: a marker and an alert for each request that has no marker.
--
-- p_sitrep_id       the sitrep whose rendezvous this is; when it is not the head, nothing is written
-- p_after_*         where the chunk before ended; null: begin after what is remembered as met
-- p_examined/created  what earlier chunks of this rendezvous did, to be remembered at the end
--
-- The two settings hold the walk to the index that has its order. A sitrep is new to the statistics when its
-- rendezvous begins, and a planner that expects few rows of it fetches and sorts all of them for each chunk.
CREATE FUNCTION fm_rendezvous_alert_chunk(
  p_sitrep_id uuid, p_after_generation bigint, p_after_id uuid, p_limit integer,
  p_examined bigint, p_created bigint,
  OUT stale boolean, OUT done boolean, OUT examined bigint, OUT created bigint,
  OUT last_generation bigint, OUT last_id uuid)
LANGUAGE plpgsql VOLATILE SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  head fm_sitrep_head;
  asked integer;
BEGIN
  -- One chunk at a time, whoever runs them: nobody else makes markers, so those that the statement below
  -- doesn't see don't exist. With ON CONFLICT DO NOTHING in its place each row would be written twice, and two
  -- at once would do the same work. Before the head's lock: behind it, waiting chunks would stand in a commit's way.
  LOCK TABLE fm_rendezvous_progress IN SHARE ROW EXCLUSIVE MODE;
  -- SHARE on the table, not FOR SHARE on its row: a commit's update queues behind this fairly, while later
  -- row sharers would overtake it for as long as they come.
  LOCK TABLE fm_sitrep_head IN SHARE MODE;
  SELECT * INTO STRICT head FROM fm_sitrep_head;
  stale := head.sitrep_id IS DISTINCT FROM p_sitrep_id;
  done := false;
  examined := p_examined;
  created := p_created;
  last_generation := p_after_generation;
  last_id := p_after_id;
  IF stale THEN
    RETURN;
  END IF;

  IF p_after_generation IS NULL THEN
    SELECT p.generation, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
      INTO last_generation, last_id
      FROM fm_rendezvous_progress p WHERE p.kind = 'alert';
  END IF;

  -- Looked up row by row: as a join it would be planned, and for want of statistics planned badly.
  WITH chunk AS MATERIALIZED (
    SELECT r.id, r.alert_class, r.alert_version, r.payload, r.case_id, r.requested_sitrep_id, r.generation,
           (SELECT true FROM rendezvous_alert_created m WHERE m.alert_id = r.id) IS NULL AS is_new
      FROM fm_alert_request r
     WHERE r.sitrep_id = head.sitrep_id AND (r.generation, r.id) > (last_generation, last_id)
     ORDER BY r.generation, r.id
     LIMIT p_limit
  ), marker AS (
    INSERT INTO rendezvous_alert_created (alert_id, sitrep_id)
    SELECT id, head.sitrep_id FROM chunk WHERE is_new
  ), made AS (
    INSERT INTO alert (id, class, version, payload, case_id, requested_sitrep_id)
    SELECT c.id, c.alert_class, c.alert_version, c.payload, c.case_id, c.requested_sitrep_id
      FROM chunk c
     WHERE c.is_new AND (SELECT true FROM alert a WHERE a.id = c.id) IS NULL
    RETURNING id
  ), last AS (
    SELECT c.generation, c.id FROM chunk c ORDER BY c.generation DESC, c.id DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM chunk), created + (SELECT count(*) FROM made),
         coalesce((SELECT l.generation FROM last l), last_generation),
         coalesce((SELECT l.id FROM last l), last_id)
    INTO asked, created, last_generation, last_id;
  examined := examined + asked;

  done := asked < p_limit;
  IF done THEN
    -- The condition keeps a reconciled head's rendezvous from writing anything at all.
    UPDATE fm_rendezvous_progress p
       SET generation = head.alert_generation, sitrep_id = head.sitrep_id, time_met = now(),
           examined = fm_rendezvous_alert_chunk.examined, created = fm_rendezvous_alert_chunk.created
     WHERE p.kind = 'alert'
       AND (p.generation < head.alert_generation OR fm_rendezvous_alert_chunk.created > 0);
  END IF;
END $$;

-- One chunk of marker collection: looks at up to p_limit markers after p_after, and deletes those that the
-- head doesn't request. Without a head it deletes none: there is nothing yet to compare with.
CREATE FUNCTION fm_collect_marker_chunk(
  p_after uuid, p_limit integer, OUT done boolean, OUT last_id uuid, OUT deleted uuid[])
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  head_id uuid;
  seen uuid[];
BEGIN
  LOCK TABLE fm_sitrep_head IN SHARE MODE;
  SELECT h.sitrep_id INTO STRICT head_id FROM fm_sitrep_head h;
  done := true;
  last_id := p_after;
  deleted := '{}';
  IF head_id IS NULL THEN
    RETURN;
  END IF;
  SELECT array_agg(m.alert_id ORDER BY m.alert_id) INTO seen
    FROM (SELECT alert_id FROM rendezvous_alert_created WHERE alert_id > p_after
           ORDER BY alert_id LIMIT p_limit) m;
  IF seen IS NULL THEN
    RETURN;
  END IF;
  done := cardinality(seen) < p_limit;
  last_id := seen[cardinality(seen)];
  WITH unrequested AS (
    SELECT m.alert_id
      FROM rendezvous_alert_created m
     WHERE m.alert_id = ANY (seen)
       AND NOT EXISTS (SELECT FROM fm_alert_request r WHERE r.sitrep_id = head_id AND r.id = m.alert_id)
     ORDER BY m.alert_id
       FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM rendezvous_alert_created m USING unrequested u WHERE m.alert_id = u.alert_id
    RETURNING m.alert_id
  )
  SELECT coalesce(array_agg(g.alert_id ORDER BY g.alert_id), '{}') INTO deleted FROM gone g;
END $$;

-- Takes up to p_limit of the oldest versions beyond the newest p_keep out of history, and marks their
-- sitreps as released. Locks the head first, as a commit does, so that two prunes never count the same
-- versions.
CREATE FUNCTION fm_prune_history(p_keep bigint, p_limit integer, OUT released uuid[])
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  head_version bigint;
BEGIN
  SELECT h.version INTO STRICT head_version FROM fm_sitrep_head h FOR UPDATE;
  WITH old AS (
    SELECT h.version, h.sitrep_id FROM fm_sitrep_history h
     WHERE h.version <= head_version - greatest(p_keep, 1)
     ORDER BY h.version LIMIT p_limit
  ), pruned AS (
    DELETE FROM fm_sitrep_history h USING old WHERE h.version = old.version
    RETURNING h.version, h.sitrep_id
  ), marked AS (
    UPDATE fm_sitrep s SET time_released = now() FROM pruned WHERE s.id = pruned.sitrep_id
    RETURNING s.id
  )
  SELECT coalesce(array_agg(p.sitrep_id ORDER BY p.version), '{}') INTO released
    FROM pruned p JOIN marked m ON m.id = p.sitrep_id;
END $$;

-- The compare-and-swap on the head, with its place in history and the prune of what falls out, or else
-- what has become of the sitrep.
--
-- version is null when the swap was lost (then or before). It is found again by a retry whose first reply
-- was lost, also while the first attempt still commits: the update waits for it, and the look-up is a
-- statement of its own, with a snapshot taken after that wait.
CREATE FUNCTION fm_make_current(
  p_sitrep_id uuid, p_parent_id uuid, p_keep bigint, p_prune_limit integer,
  OUT version bigint, OUT is_head boolean, OUT released uuid[],
  OUT sitrep_exists boolean, OUT was_released boolean, OUT age_seconds double precision,
  OUT parent_is_head boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  released := '{}';
  -- Joined to fm_sitrep, so that a missing row doesn't match as a null parent.
  UPDATE fm_sitrep_head h
     SET version = h.version + 1, sitrep_id = s.id, alert_generation = s.alert_generation
    FROM fm_sitrep s
   WHERE s.id = p_sitrep_id AND h.sitrep_id IS NOT DISTINCT FROM s.parent_sitrep_id
     -- A released sitrep has been in history once, and never comes again.
     AND s.time_released IS NULL
  RETURNING h.version INTO fm_make_current.version;
  IF FOUND THEN
    INSERT INTO fm_sitrep_history (version, sitrep_id) VALUES (fm_make_current.version, p_sitrep_id);
    released := fm_prune_history(p_keep, p_prune_limit);
  END IF;
  SELECT hist.version, h.sitrep_id IS NOT DISTINCT FROM p_sitrep_id, s.id IS NOT NULL,
         s.time_released IS NOT NULL, extract(epoch FROM clock_timestamp() - s.time_created),
         h.sitrep_id IS NOT DISTINCT FROM p_parent_id
    INTO fm_make_current.version, is_head, sitrep_exists, was_released, age_seconds, parent_is_head
    FROM fm_sitrep_head h
    LEFT JOIN fm_sitrep s ON s.id = p_sitrep_id
    LEFT JOIN fm_sitrep_history hist ON hist.sitrep_id = p_sitrep_id;
END $$;
