-- Ereports as they come in: for lists, for the analysis, and for knowing which restart of a reporter is the latest.
--
-- A row is written once, by whoever brings it first. What it reports never changes afterwards, only what Sitrep has made
-- of it. The reporter is one of three: {type: 'sp', spType, slot, rackId?}, {type: 'host', sled, slot?, rackId?} or
-- {type: 'source', source}.

-- For lists, newest first, and for those by class or by serial number. An ingest pays for each of these.
CREATE INDEX ereport_newest ON ereport (time_collected DESC, restart_id DESC, ena DESC);
-- By pattern: a glob of classes begins with text that it can be looked up by, whatever the collation.
CREATE INDEX ereport_class ON ereport (class text_pattern_ops) WHERE class IS NOT NULL;
CREATE INDEX ereport_serial ON ereport (serial_number) WHERE serial_number IS NOT NULL;

-- Restarts of reporters. The latest one of a reporter is that whose first ereport is the latest: by the time when it was
-- collected, so that the order in which ereports arrive here makes no difference.
CREATE TABLE ereporter_restart (
  reporter            jsonb NOT NULL,
  restart_id          uuid NOT NULL,
  -- time_collected of its first and of its latest ereport.
  time_first_seen     timestamptz NOT NULL,
  time_latest_ereport timestamptz NOT NULL,
  -- The reporter is part of the key, so that ereports which name it more and less exactly are not at odds.
  PRIMARY KEY (restart_id, reporter),
  CHECK (time_first_seen <= time_latest_ereport)
);
INSERT INTO ereporter_restart
SELECT reporter, restart_id, min(time_collected), max(time_collected) FROM ereport GROUP BY reporter, restart_id;
