-- Who hears of alerts, and what became of each attempt to tell them. The form is that of omicron's webhooks.
--
-- The times of deliveries and attempts come from Temporal's clock, which the workflow of a receiver passes on, not from
-- now(): a delivery is due when that workflow's timer says so, also where the two clocks differ, or time is skipped.

CREATE TABLE receiver (
  id               uuid PRIMARY KEY,
  name             text NOT NULL UNIQUE,
  description      text NOT NULL,
  endpoint         text NOT NULL,
  -- Null while it is enabled: 'operator', 'gone' (it answered 410) or 'failing' (no success for days).
  disabled_because text CHECK (disabled_because IN ('operator', 'gone', 'failing')),
  time_disabled    timestamptz,
  -- Seconds before each attempt of a delivery; the first may be 0. When they are used up, it has failed.
  retry_delays     integer[] NOT NULL CHECK (cardinality(retry_delays) >= 1),
  time_created     timestamptz NOT NULL DEFAULT now(),
  time_modified    timestamptz NOT NULL DEFAULT now(),
  -- The first failure since the last success; null after a success.
  failing_since    timestamptz,
  CHECK ((disabled_because IS NULL) = (time_disabled IS NULL))
);
CREATE INDEX receiver_newest ON receiver (time_created DESC, id DESC);

-- Secrets that sign, encrypted; never shown again. All that have not expired sign, so that a receiver can change over.
CREATE TABLE receiver_secret (
  id           uuid PRIMARY KEY,
  receiver_id  uuid NOT NULL REFERENCES receiver (id) ON DELETE CASCADE,
  sealed       bytea NOT NULL,
  time_created timestamptz NOT NULL DEFAULT now(),
  -- Null: it doesn't expire.
  time_expires timestamptz
);
CREATE INDEX receiver_secret_receiver ON receiver_secret (receiver_id);

-- An alert class, or a glob over its segments, with the regular expression that it means. Matched when an alert is
-- dispatched, so that a new class reaches old globs, and removing one pattern takes nothing from another.
CREATE TABLE receiver_subscription (
  receiver_id uuid NOT NULL REFERENCES receiver (id) ON DELETE CASCADE,
  pattern     text NOT NULL,
  regex       text NOT NULL,
  PRIMARY KEY (receiver_id, pattern)
);

-- One alert on its way to one receiver.
CREATE TABLE delivery (
  id           uuid PRIMARY KEY,
  receiver_id  uuid NOT NULL REFERENCES receiver (id) ON DELETE CASCADE,
  -- Null for a probe. No foreign key: a delivery stays on record when its alert is deleted.
  alert_id     uuid,
  trigger      text NOT NULL CHECK (trigger IN ('alert', 'resend', 'probe')),
  state        text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'skipped')),
  -- Of a skipped one.
  skipped_because text CHECK (skipped_because IN ('receiver-disabled', 'alert-deleted')),
  attempts     integer NOT NULL DEFAULT 0,
  time_created timestamptz NOT NULL DEFAULT now(),
  -- When the next attempt is due.
  time_due     timestamptz NOT NULL,
  -- While an attempt is under way: when it is taken for lost, and another one made. In no index, so that to begin an
  -- attempt writes to none.
  time_lost    timestamptz,
  time_ended   timestamptz,
  CHECK ((state = 'pending') = (time_ended IS NULL)),
  CHECK ((state = 'skipped') = (skipped_because IS NOT NULL)),
  CHECK ((trigger = 'probe') = (alert_id IS NULL))
  -- Room for the row of the attempt's beginning beside the first one, for the same reason.
) WITH (fillfactor = 50);
-- However often an alert is dispatched, it reaches a receiver by one delivery.
CREATE UNIQUE INDEX delivery_once ON delivery (alert_id, receiver_id) WHERE trigger = 'alert';
-- However often it is asked to be sent again, it waits to be sent once.
CREATE UNIQUE INDEX delivery_pending_once ON delivery (alert_id, receiver_id) WHERE state = 'pending';
CREATE INDEX delivery_due ON delivery (receiver_id, time_due) WHERE state = 'pending';
CREATE INDEX delivery_newest ON delivery (time_created DESC, id DESC);

CREATE TABLE delivery_attempt (
  delivery_id  uuid NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  number       integer NOT NULL,
  time_started timestamptz NOT NULL,
  time_ended   timestamptz,
  -- Null while it is under way; 'unknown' when that is not known any more, since its worker is gone.
  outcome      text CHECK (outcome IN ('delivered', 'rejected', 'unreachable', 'timed-out', 'forbidden', 'unknown')),
  -- What it was answered, if it was.
  status       integer,
  detail       text,
  PRIMARY KEY (delivery_id, number)
  -- Each row is written twice within a moment, and the second one is to lie beside the first.
) WITH (fillfactor = 50);

-- For dispatch, which looks for alerts that nobody has been told of yet.
CREATE INDEX alert_undispatched ON alert (id) WHERE time_dispatched IS NULL;

-- One chunk of dispatch: makes the deliveries of up to p_limit alerts with ids after p_after and marks these dispatched,
-- together or not at all. An alert that another dispatch has just taken is passed over. A disabled receiver's delivery is
-- made as skipped, so that nothing is dropped without a trace.
CREATE FUNCTION dispatch_alert_chunk(p_after uuid, p_limit integer, OUT dispatched bigint, OUT receivers uuid[])
LANGUAGE sql VOLATILE AS $$
  WITH batch AS MATERIALIZED (
    SELECT id, class FROM alert WHERE time_dispatched IS NULL AND id > p_after
     ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), subscribed AS MATERIALIZED (
    -- Once for each class instead of each alert: matching is what costs.
    SELECT DISTINCT c.class, s.receiver_id
      FROM (SELECT DISTINCT class FROM batch) c JOIN receiver_subscription s ON c.class ~ s.regex
  ), listening AS MATERIALIZED (
    -- Locked: whoever disables or deletes one meanwhile waits, and then finds the deliveries that were made for it.
    SELECT id, disabled_because IS NULL AS enabled FROM receiver
     WHERE id IN (SELECT receiver_id FROM subscribed) ORDER BY id FOR SHARE
  ), audience AS MATERIALIZED (
    SELECT s.class, r.id AS receiver_id, r.enabled FROM subscribed s JOIN listening r ON r.id = s.receiver_id
  ), made AS (
    INSERT INTO delivery (id, receiver_id, alert_id, trigger, state, skipped_because, time_due, time_ended)
    SELECT gen_random_uuid(), a.receiver_id, b.id, 'alert',
           CASE WHEN a.enabled THEN 'pending' ELSE 'skipped' END,
           CASE WHEN NOT a.enabled THEN 'receiver-disabled' END,
           now(), CASE WHEN NOT a.enabled THEN now() END
      FROM batch b JOIN audience a USING (class)
     ORDER BY b.id, a.receiver_id
    ON CONFLICT DO NOTHING
  ), told AS (
    SELECT c.class, count(a.receiver_id) FILTER (WHERE a.enabled) AS receivers
      FROM (SELECT DISTINCT class FROM batch) c LEFT JOIN audience a USING (class) GROUP BY c.class
  ), marked AS (
    UPDATE alert SET time_dispatched = now(), num_dispatched = told.receivers
      FROM batch b JOIN told USING (class) WHERE alert.id = b.id
    RETURNING alert.id
  )
  SELECT (SELECT count(*) FROM marked),
         coalesce((SELECT array_agg(DISTINCT receiver_id) FROM audience WHERE enabled), '{}')
$$;

-- Takes up to p_limit deliveries of a receiver that are due by p_now, and puts their attempts on record. Until p_lost
-- nobody else takes them. Returned is what has to be sent.
--
-- The plan is fixed: by index and row by row, as it is best for so few. One that was made while the tables were empty
-- would otherwise stay with its session, and read them whole once they are full.
CREATE FUNCTION begin_attempts(p_receiver uuid, p_limit integer, p_now timestamptz, p_lost timestamptz)
RETURNS TABLE (delivery_id uuid, attempt integer, id uuid, class text, version integer, payload text, case_id uuid,
               sitrep_id uuid, time_created timestamptz)
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS MATERIALIZED (
    SELECT d.id FROM delivery d
     WHERE d.receiver_id = p_receiver AND d.state = 'pending' AND d.time_due <= p_now
       AND (d.time_lost IS NULL OR d.time_lost <= p_now)
     ORDER BY d.time_due LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), lost AS (
    UPDATE delivery_attempt a SET outcome = 'unknown', time_ended = p_now
      FROM due WHERE a.delivery_id = due.id AND a.outcome IS NULL
  ), taken AS (
    UPDATE delivery d SET attempts = d.attempts + 1, time_lost = p_lost
      FROM due WHERE d.id = due.id
    RETURNING d.id, d.attempts, d.alert_id
  ), begun AS (
    INSERT INTO delivery_attempt (delivery_id, number, time_started)
    SELECT t.id, t.attempts, p_now FROM taken t
  )
  SELECT t.id, t.attempts, a.id, a.class, a.version, a.payload::text, a.case_id, a.requested_sitrep_id,
         a.time_created
    FROM taken t JOIN alert a ON a.id = t.alert_id;
END
$$;

-- Records how attempts of one receiver ended; the arrays have a place for each. One that was delivered is delivered, also
-- when it was taken for lost meanwhile, or its delivery skipped; any other end only counts while it is the latest attempt
-- of a pending delivery.
--
-- Each statement sees what was committed before it began: what the one before it has locked. Everybody locks in the same
-- order, or they deadlock: the receiver, its deliveries by id, then their attempts. The receiver is locked even if it is
-- healthy: a deletion of it goes through its deliveries in an order of its own.
CREATE FUNCTION end_attempts(p_receiver uuid, p_deliveries uuid[], p_numbers integer[], p_outcomes text[],
                             p_statuses integer[], p_details text[], p_ended timestamptz[], p_next_due timestamptz[])
RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM FROM receiver WHERE id = p_receiver FOR KEY SHARE;
  -- Since when it accepts nothing: from the first failure after its last success.
  IF 'delivered' = ANY (p_outcomes) THEN
    UPDATE receiver SET failing_since = NULL WHERE id = p_receiver AND failing_since IS NOT NULL;
  ELSE
    UPDATE receiver
       SET failing_since = (SELECT min(ended) FROM unnest(p_ended, p_outcomes) AS e (ended, outcome) WHERE outcome <> 'unknown')
     WHERE id = p_receiver AND failing_since IS NULL AND 'unknown' <> ANY (p_outcomes);
  END IF;
  PERFORM FROM delivery WHERE id = ANY (p_deliveries) ORDER BY id FOR UPDATE;
  WITH e AS MATERIALIZED (
    SELECT * FROM unnest(p_deliveries, p_numbers, p_outcomes, p_statuses, p_details, p_ended, p_next_due)
      AS e (delivery_id, number, outcome, status, detail, ended, next_due)
  ), recorded AS (
    UPDATE delivery_attempt a SET outcome = e.outcome, status = e.status, detail = e.detail, time_ended = e.ended
      FROM e
     WHERE a.delivery_id = e.delivery_id AND a.number = e.number AND (a.outcome IS NULL OR e.outcome = 'delivered')
  )
  UPDATE delivery d
     SET state = CASE WHEN e.outcome = 'delivered' THEN 'delivered' WHEN e.next_due IS NULL THEN 'failed' ELSE 'pending' END,
         skipped_because = NULL,
         time_due = coalesce(e.next_due, d.time_due),
         time_lost = NULL,
         time_ended = CASE WHEN e.outcome = 'delivered' OR e.next_due IS NULL THEN e.ended END
    FROM e
   WHERE d.id = e.delivery_id AND d.state <> 'delivered'
     AND (e.outcome = 'delivered' OR (d.state = 'pending' AND d.attempts = e.number));
END
$$;

-- Takes back attempts that were begun and not sent, as if they had never been begun. Only the latest of a delivery can
-- be under way, so the numbers of the others stay as they are.
CREATE FUNCTION take_back_attempts(p_deliveries uuid[], p_numbers integer[])
RETURNS void LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM FROM delivery WHERE id = ANY (p_deliveries) ORDER BY id FOR UPDATE;
  WITH taken_back AS (
    DELETE FROM delivery_attempt a USING unnest(p_deliveries, p_numbers) AS e (delivery_id, number)
     WHERE a.delivery_id = e.delivery_id AND a.number = e.number AND a.outcome IS NULL
    RETURNING a.delivery_id
  )
  UPDATE delivery d SET attempts = d.attempts - 1, time_lost = NULL FROM taken_back t WHERE d.id = t.delivery_id;
END
$$;
