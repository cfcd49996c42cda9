-- What an operator decides while the system runs: versions that are only ever added, each a whole configuration. The
-- newest that the code can read is in force; what is in it, src/model/configuration.ts says.

CREATE TABLE configuration (
  -- From 1, without gaps. As the primary key it is what two that set at once can't both have.
  version      integer PRIMARY KEY CHECK (version >= 1),
  -- With all defaults filled in, so that it stays what it was when a later version of the code has other defaults.
  document     jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
  author       text NOT NULL,
  comment      text NOT NULL,
  time_created timestamptz NOT NULL DEFAULT now()
);

-- Whoever asks what was in force when something went wrong can rely on the answer.
CREATE FUNCTION configuration_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Versions of the configuration are never changed and never deleted; set a new one.';
END
$$;
CREATE TRIGGER configuration_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON configuration
  FOR EACH STATEMENT EXECUTE FUNCTION configuration_only_grows();
