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
  -- When the next attempt is due. While one is under way: when it is taken for lost, and another one made.
  time_due     timestamptz NOT NULL,
  time_ended   timestamptz,
  CHECK ((state = 'pending') = (time_ended IS NULL)),
  CHECK ((state = 'skipped') = (skipped_because IS NOT NULL)),
  CHECK ((trigger = 'probe') = (alert_id IS NULL))
);
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
);

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
