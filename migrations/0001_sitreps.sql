-- Sitreps, their history, and what their rendezvous makes real. The names are omicron's.
--
-- No child table has a foreign key to fm_sitrep: it would cost half of an insert's time, and gives
-- nothing that the guards don't give. Children are written and deleted with their sitrep, in one
-- transaction, by explicit statements; test/store/collect.test.ts finds every child table in the catalogue.

-- Metadata of one immutable sitrep. Written with all its children; only time_released changes afterwards.
CREATE TABLE fm_sitrep (
  id               uuid PRIMARY KEY,
  -- May dangle: a parent is collected before its child.
  parent_sitrep_id uuid,
  creator          text NOT NULL,
  comment          text NOT NULL,
  -- SHA-256 of the canonical document. The same digest is the same document.
  digest           bytea NOT NULL CHECK (octet_length(digest) = 32),
  -- How often the chain up to here has asked for something new; 1 in the first sitrep.
  alert_generation bigint NOT NULL CHECK (alert_generation >= 1),
  time_created     timestamptz NOT NULL DEFAULT now(),
  -- Set by the prune that took it out of history: from then on it may be deleted.
  time_released    timestamptz,
  CHECK (parent_sitrep_id <> id)
);
-- For the undecided children of the head, and for lists, newest first.
CREATE INDEX fm_sitrep_parent ON fm_sitrep (parent_sitrep_id);
CREATE INDEX fm_sitrep_newest ON fm_sitrep (time_created DESC, id DESC);

-- The linear history: gapless from 1; only its oldest prefix is ever pruned.
CREATE TABLE fm_sitrep_history (
  version           bigint PRIMARY KEY CHECK (version >= 1),
  -- The foreign key is what keeps a current sitrep from losing its row, in whatever order a delete and
  -- a commit come.
  sitrep_id         uuid NOT NULL UNIQUE REFERENCES fm_sitrep (id),
  time_made_current timestamptz NOT NULL DEFAULT now()
);

-- One row: what the compare-and-swap updates and the guards lock. All that a guard needs stands in it.
CREATE TABLE fm_sitrep_head (
  only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version          bigint NOT NULL,
  sitrep_id        uuid,
  alert_generation bigint NOT NULL,
  CHECK ((sitrep_id IS NULL) = (version = 0))
);
INSERT INTO fm_sitrep_head (version, sitrep_id, alert_generation) VALUES (0, NULL, 0);

-- Up to which generation everything requested has been met, by kind of request. Not columns of the head:
-- there, two rendezvous that finish at once would deadlock on the row that they share.
CREATE TABLE fm_rendezvous_progress (
  kind          text PRIMARY KEY,
  generation    bigint NOT NULL,
  -- What the last rendezvous that had something to do did.
  sitrep_id     uuid,
  time_met      timestamptz,
  examined      bigint NOT NULL DEFAULT 0,
  created       bigint NOT NULL DEFAULT 0,
  -- When all requests of the head were last looked at, whatever was remembered.
  time_verified timestamptz
);
INSERT INTO fm_rendezvous_progress (kind, generation) VALUES ('alert', 0);

CREATE TABLE fm_case (
  sitrep_id         uuid NOT NULL,
  id                uuid NOT NULL,
  engine            text NOT NULL,
  created_sitrep_id uuid NOT NULL,
  -- Null while the case is open.
  closed_sitrep_id  uuid,
  comment           text NOT NULL,
  PRIMARY KEY (sitrep_id, id)
);

CREATE TABLE fm_ereport_in_case (
  sitrep_id          uuid NOT NULL,
  case_id            uuid NOT NULL,
  restart_id         uuid NOT NULL,
  ena                numeric(20) NOT NULL CHECK (ena BETWEEN 0 AND 18446744073709551615),
  assigned_sitrep_id uuid NOT NULL,
  comment            text NOT NULL,
  PRIMARY KEY (sitrep_id, case_id, restart_id, ena)
);

-- Alerts that a sitrep asks for. Lifetime of a row: written in the transaction that inserts its sitrep;
-- read by the rendezvous only if that sitrep becomes current, and only while it is; deleted in the
-- transaction that deletes its sitrep, be it an orphan's or a released one's. A request that is carried
-- on is a row of its own in every sitrep that carries it.
CREATE TABLE fm_alert_request (
  -- The ongoing sitrep that carries the request: another one in each sitrep.
  sitrep_id           uuid NOT NULL,
  -- The id that the alert will have.
  id                  uuid NOT NULL,
  -- The original sitrep, the first that made the request: never changes along the chain.
  requested_sitrep_id uuid NOT NULL,
  case_id             uuid NOT NULL,
  alert_class         text NOT NULL,
  alert_version       integer NOT NULL,
  payload             jsonb NOT NULL,
  -- The alert_generation of the sitrep that first made the request.
  generation          bigint NOT NULL,
  comment             text NOT NULL,
  PRIMARY KEY (sitrep_id, id)
);
-- The order in which the rendezvous walks: what was carried comes first, and is skipped by one descent.
CREATE INDEX fm_alert_request_generation ON fm_alert_request (sitrep_id, generation, id);

-- What became real. Has no tie to any sitrep: it outlives them all.
CREATE TABLE alert (
  id              uuid PRIMARY KEY,
  class           text NOT NULL,
  version         integer NOT NULL,
  payload         jsonb NOT NULL,
  -- Null for the alerts that no sitrep asks for, which Sitrep makes about itself; likewise the next one.
  case_id         uuid,
  -- The sitrep that first asked for it, as in its request.
  requested_sitrep_id uuid,
  time_created    timestamptz NOT NULL DEFAULT now(),
  time_dispatched timestamptz,
  num_dispatched  integer NOT NULL DEFAULT 0
);
-- Read backwards for lists, newest first. In this order a rendezvous adds at one end only.
CREATE INDEX alert_newest ON alert (time_created, id);

-- The marker that a request has been met. Stays when the alert is deleted, and is never changed: as long as
-- it stands, no rendezvous makes that alert again.
CREATE TABLE rendezvous_alert_created (
  alert_id     uuid PRIMARY KEY,
  -- The sitrep whose rendezvous made the alert.
  sitrep_id    uuid NOT NULL,
  time_created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ereport (
  restart_id     uuid NOT NULL,
  ena            numeric(20) NOT NULL CHECK (ena BETWEEN 0 AND 18446744073709551615),
  reporter       jsonb NOT NULL,
  class          text,
  serial_number  text,
  part_number    text,
  body           jsonb NOT NULL,
  time_collected timestamptz NOT NULL,
  -- The sitrep that first took account of it.
  marked_seen_in uuid,
  PRIMARY KEY (restart_id, ena)
);

-- A document between its acceptance and its insert. Temporal carries only its digest.
CREATE TABLE sitrep_submission (
  sitrep_id        uuid PRIMARY KEY,
  parent_sitrep_id uuid,
  creator          text NOT NULL,
  comment          text NOT NULL,
  digest           bytea NOT NULL CHECK (octet_length(digest) = 32),
  -- The canonical form (RFC 8785): text, not jsonb, since it is only ever read back whole.
  document         text NOT NULL,
  -- Of the latest submission of this document: what is wanted again is not left over.
  time_submitted   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sitrep_submission_newest ON sitrep_submission (time_submitted DESC, sitrep_id DESC);
