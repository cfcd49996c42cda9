import type pg from 'pg';

// Changes what the migrations made, in one test's database: to stop a session inside a function, or to take a
// guard out. Each throws when the text that it is about isn't there, so that a change of a migration can't
// quietly disarm a test.

/** Replaces a piece of a function's text that stands in it exactly once. */
export async function replaceInFunction(
  pool: pg.Pool,
  name: string,
  text: string,
  by: string,
): Promise<void> {
  const { rows } = await pool.query<{ definition: string }>(
    'SELECT pg_get_functiondef($1::regproc) AS definition',
    [name],
  );
  await pool.query(replaceOnce(rows[0]?.definition ?? '', text, by, name));
}

export function replaceOnce(whole: string, text: string, by: string, name: string): string {
  const [before, after, ...more] = whole.split(text);
  if (before === undefined || after === undefined) throw new Error(`${name} has no "${text}".`);
  if (more.length > 0) throw new Error(`${name} has "${text}" more than once.`);
  return before + by + after;
}

/** Drops a constraint, given as `table.constraint`. */
export async function dropConstraint(pool: pg.Pool, constraint: string): Promise<void> {
  const [table, name] = constraint.split('.');
  await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
}

/** Where a session stops inside Postgres. */
export type Place =
  /** In a function, right after or before a piece of its text. */
  | { function: string; after: string }
  | { function: string; before: string }
  /** At a row that is about to be written: the first of its transaction, or the one given. */
  | { trigger: 'INSERT' | 'DELETE'; on: string; row?: number };

/** Lets the sessions of an actor wait there for the advisory lock of this number, which the test holds. */
export async function waitAt(pool: pg.Pool, place: Place, actor: string, lock: number): Promise<void> {
  await doAt(pool, place, `PERFORM pg_advisory_xact_lock_shared(${lock}) WHERE ${isActor(actor)};`, lock);
}

/** Lets the sessions of an actor run a statement there that doesn't end. */
export async function hangAt(pool: pg.Pool, place: Place, actor: string): Promise<void> {
  await doAt(pool, place, `PERFORM pg_sleep(3600) WHERE ${isActor(actor)};`, 0);
}

function isActor(name: string): string {
  return `current_setting('application_name') = '${name}'`;
}

async function doAt(pool: pg.Pool, place: Place, statement: string, lock: number): Promise<void> {
  if ('after' in place) {
    await replaceInFunction(pool, place.function, place.after, `${place.after}\n${statement}`);
  } else if ('before' in place) {
    await replaceInFunction(pool, place.function, place.before, `${statement}\n${place.before}`);
  } else {
    await pool.query(triggerThatDoes(place.trigger, place.on, place.row ?? 1, statement, `gate_${lock}`));
  }
}

/** Rows are counted in a setting, since a trigger does not see what its own statement has written. */
function triggerThatDoes(event: string, table: string, row: number, statement: string, name: string): string {
  return `
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      nth integer := coalesce(nullif(current_setting('rows.${name}', true), ''), '0')::integer + 1;
    BEGIN
      PERFORM set_config('rows.${name}', nth::text, true);
      IF nth = ${row} THEN
        ${statement}
      END IF;
      RETURN ${event === 'DELETE' ? 'OLD' : 'NEW'};
    END $$;
    CREATE TRIGGER ${name} BEFORE ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}()`;
}
