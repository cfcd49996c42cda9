import canonicalize from 'canonicalize';
import type pg from 'pg';
import {
  type Configuration,
  type ConfigurationChange,
  type ConfigurationHeading,
  type ConfigurationView,
  DEFAULT_CONFIGURATION,
  readStored,
  type StoredConfigurationView,
} from '../model/configuration.ts';
import type { Page } from '../model/views.ts';
import { type By, record } from './audit.ts';
import { readVersionCursor, timeAsText, versionPageOf } from './cursor.ts';
import { type Queryable, transaction } from './transaction.ts';

export type ConfigurationSet =
  /** In force now: by this call, or since it says what was in force already. */
  | { kind: 'inForce'; view: ConfigurationView }
  /** Another version than was expected is the newest; nothing was set. */
  | { kind: 'notNewest'; newest: number };

const STORED = `
  SELECT version, document AS configuration, author, comment, ${timeAsText('time_created')} AS "timeCreated"
    FROM configuration`;

/** The newest is nearly always readable; where it isn't, the others are looked through in larger steps. */
const STEPS = [1, 100];

/**
 * The configuration in force: the newest version that this code can read. One that was written by newer code, or by
 * hand, stops nothing.
 */
export async function readConfiguration(database: Queryable): Promise<ConfigurationView> {
  let unreadable: ConfigurationView['unreadable'] = null;
  let before: number | null = null;
  for (let step = 0; ; step++) {
    const limit = STEPS[Math.min(step, STEPS.length - 1)] as number;
    const { rows }: { rows: StoredConfigurationView[] } = await database.query<StoredConfigurationView>(
      `${STORED} WHERE $1::integer IS NULL OR version < $1 ORDER BY version DESC LIMIT $2`,
      [before, limit],
    );
    for (const stored of rows) {
      const reading = readStored(stored.configuration);
      if (reading.kind === 'configuration') {
        return { ...stored, configuration: reading.configuration, unreadable };
      }
      unreadable ??= { version: stored.version, faults: reading.faults };
    }
    if (rows.length < limit) return { ...NOTHING_SET, unreadable };
    before = rows.at(-1)?.version ?? null;
  }
}

const NOTHING_SET: Omit<ConfigurationView, 'unreadable'> = {
  version: 0,
  author: null,
  comment: null,
  timeCreated: null,
  configuration: DEFAULT_CONFIGURATION,
};

/**
 * Sets a configuration if the expected version is the newest. The same content makes no new version, whatever was
 * expected: so a retry after a lost reply finds that it is done.
 */
export function setConfiguration(
  pool: pg.Pool,
  change: ConfigurationChange,
  by: By = null,
): Promise<ConfigurationSet> {
  return transaction(pool, async (client) => {
    // Lock first, then look. Reading goes on; only others that set wait.
    await client.query('LOCK TABLE configuration IN SHARE ROW EXCLUSIVE MODE');
    const before = await readConfiguration(client);
    const newest = before.unreadable?.version ?? before.version;
    if (newest === before.version && isSame(before.configuration, change.configuration)) {
      return { kind: 'inForce', view: before };
    }
    if (newest !== change.expectedVersion) return { kind: 'notNewest', newest };
    await client.query(
      'INSERT INTO configuration (version, document, author, comment) VALUES ($1, $2, $3, $4)',
      [newest + 1, JSON.stringify(change.configuration), change.author, change.comment],
    );
    const view = await readConfiguration(client);
    await recordSetting(client, by, before, view);
    return { kind: 'inForce', view };
  });
}

/** The versions themselves are kept for good, so only what is different in them goes on record. */
async function recordSetting(
  client: Queryable,
  by: By,
  before: ConfigurationView,
  after: ConfigurationView,
): Promise<void> {
  const names = Object.keys(after.configuration) as (keyof Configuration)[];
  const changed = names.filter(
    (name) => canonicalize(before.configuration[name]) !== canonicalize(after.configuration[name]),
  );
  const told = ({ version, configuration }: ConfigurationView) => ({
    version,
    ...Object.fromEntries(changed.map((name) => [name, configuration[name]])),
  });
  await record(client, by, {
    action: 'configuration.set',
    thing: 'configuration',
    before: told(before),
    after: told(after),
  });
}

function isSame(one: Configuration, other: Configuration): boolean {
  return canonicalize(one) === canonicalize(other);
}

export async function readConfigurationVersion(
  pool: pg.Pool,
  version: number,
): Promise<StoredConfigurationView | null> {
  const { rows } = await pool.query<StoredConfigurationView>(`${STORED} WHERE version = $1`, [version]);
  return rows[0] ?? null;
}

/** Versions newest first, each with the fields in which it differs from the one before; the first, from the defaults. */
export async function listConfigurations(
  pool: pg.Pool,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<ConfigurationHeading>> {
  const { rows } = await pool.query<ConfigurationHeading>(
    `SELECT c.version, c.author, c.comment, ${timeAsText('c.time_created')} AS "timeCreated",
            ARRAY(SELECT key FROM jsonb_each(c.document) now
                    FULL JOIN jsonb_each(coalesce(b.document, $3::jsonb)) before USING (key)
                   WHERE now.value IS DISTINCT FROM before.value ORDER BY key) AS changed
       FROM configuration c LEFT JOIN configuration b ON b.version = c.version - 1
      WHERE $2::integer IS NULL OR c.version < $2
      ORDER BY c.version DESC LIMIT $1`,
    [limit + 1, readVersionCursor(cursor), JSON.stringify(DEFAULT_CONFIGURATION)],
  );
  return versionPageOf(rows, limit);
}
