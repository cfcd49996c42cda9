-- Who may ask what, and who changed what.

CREATE TABLE access_token (
  id             uuid PRIMARY KEY,
  -- Names it to people, in the audit log for good; so it is never changed.
  name           text NOT NULL UNIQUE,
  role           text NOT NULL CHECK (role IN ('viewer', 'reporter', 'operator', 'admin')),
  -- SHA-256 of the token, which itself is nowhere. It has 256 random bits: nobody can try them out, or have a table of
  -- them, so that a slow or salted hash would only cost each request time.
  hash           bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  time_created   timestamptz NOT NULL DEFAULT now(),
  -- Null: it doesn't expire.
  time_expires   timestamptz,
  -- Within a minute: a token that is used all the time is not written all the time. In no index, for the same reason.
  time_last_used timestamptz
) WITH (fillfactor = 50);
CREATE INDEX access_token_newest ON access_token (time_created DESC, id DESC);

-- What operators and admins have changed, written in the transaction of the change. No foreign keys: an entry outlives
-- the token that it names, and the thing.
CREATE TABLE audit_entry (
  id           uuid PRIMARY KEY,
  time_created timestamptz NOT NULL DEFAULT now(),
  -- Null where it was done without a token: see src/model/audit.ts.
  token_id     uuid,
  actor        text NOT NULL,
  action       text NOT NULL,
  thing        text NOT NULL,
  -- Null where there was nothing before, or is nothing after. Never with a secret.
  before       jsonb,
  after        jsonb
);
CREATE INDEX audit_entry_newest ON audit_entry (time_created DESC, id DESC);

-- Entries go when their time is over, and never change.
CREATE FUNCTION audit_entry_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Entries of the audit log are never changed.';
END
$$;
CREATE TRIGGER audit_entry_never_changes BEFORE UPDATE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_entry_never_changes();
