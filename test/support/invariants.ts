import { createHash } from 'node:crypto';
import type pg from 'pg';
import { canonicalForm, digestOf, readSubmission } from '../../src/model/submission.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';

/** A statement whose rows each break an invariant. */
interface Rule {
  invariant: number;
  says: string;
  broken: string;
}

const RULES: Rule[] = [
  {
    invariant: 1,
    says: 'the head is the highest version',
    broken: `SELECT h.version, h.sitrep_id FROM fm_sitrep_head h
              WHERE (h.version, h.sitrep_id) IS DISTINCT FROM
                    (SELECT (x.version, x.sitrep_id) FROM (
                       SELECT version, sitrep_id FROM fm_sitrep_history ORDER BY version DESC LIMIT 1) x
                     UNION ALL SELECT (0::bigint, NULL::uuid) WHERE NOT EXISTS (SELECT FROM fm_sitrep_history))`,
  },
  {
    invariant: 2,
    says: 'live versions have no gaps',
    broken: `SELECT version FROM fm_sitrep_history a
              WHERE version < (SELECT max(version) FROM fm_sitrep_history)
                AND NOT EXISTS (SELECT FROM fm_sitrep_history b WHERE b.version = a.version + 1)`,
  },
  {
    invariant: 3,
    says: 'a sitrep is in history at most once',
    broken: 'SELECT sitrep_id FROM fm_sitrep_history GROUP BY sitrep_id HAVING count(*) > 1',
  },
  {
    invariant: 4,
    says: 'the parent of version n+1 is the sitrep of version n',
    broken: `SELECT b.version FROM fm_sitrep_history b JOIN fm_sitrep s ON s.id = b.sitrep_id
               LEFT JOIN fm_sitrep_history a ON a.version = b.version - 1
              WHERE (b.version = 1 AND s.parent_sitrep_id IS NOT NULL)
                 OR (a.sitrep_id IS NOT NULL AND s.parent_sitrep_id IS DISTINCT FROM a.sitrep_id)`,
  },
  {
    invariant: 6,
    says: 'the head row has the generation of its sitrep, which exists',
    broken: `SELECT h.* FROM fm_sitrep_head h LEFT JOIN fm_sitrep s ON s.id = h.sitrep_id
              WHERE h.sitrep_id IS NOT NULL AND s.alert_generation IS DISTINCT FROM h.alert_generation`,
  },
  {
    invariant: 11,
    says: 'no marker comes from a sitrep that was never current',
    broken: `SELECT m.* FROM rendezvous_alert_created m JOIN fm_sitrep s ON s.id = m.sitrep_id
              WHERE s.time_released IS NULL
                AND NOT EXISTS (SELECT FROM fm_sitrep_history WHERE sitrep_id = s.id)`,
  },
  {
    invariant: 12,
    says: 'a reconciled head has a marker for each of its requests',
    broken: `SELECT r.id FROM fm_sitrep_head h
               JOIN fm_rendezvous_progress p ON p.kind = 'alert' AND p.generation >= h.alert_generation
               JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id
              WHERE NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = r.id)`,
  },
  {
    invariant: 13,
    says: 'an alert that the head requests has its marker',
    broken: `SELECT a.id FROM fm_sitrep_head h
               JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id JOIN alert a ON a.id = r.id
              WHERE NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = a.id)`,
  },
  {
    invariant: 18,
    says: 'what is carried keeps its requested and created sitrep ids',
    broken: `SELECT r.id FROM fm_sitrep s
               JOIN fm_alert_request r ON r.sitrep_id = s.id
               JOIN fm_sitrep parent ON parent.id = s.parent_sitrep_id
               LEFT JOIN fm_alert_request q ON q.sitrep_id = parent.id AND q.id = r.id
              WHERE (r.requested_sitrep_id, r.generation) IS DISTINCT FROM
                    (coalesce(q.requested_sitrep_id, s.id), coalesce(q.generation, s.alert_generation))
             UNION ALL
             SELECT c.id FROM fm_sitrep s
               JOIN fm_case c ON c.sitrep_id = s.id
               JOIN fm_sitrep parent ON parent.id = s.parent_sitrep_id
               LEFT JOIN fm_case d ON d.sitrep_id = parent.id AND d.id = c.id
              WHERE c.created_sitrep_id IS DISTINCT FROM coalesce(d.created_sitrep_id, s.id)`,
  },
  {
    invariant: 19,
    says: 'a generation grows by one exactly where something new is requested',
    broken: `SELECT s.id FROM fm_sitrep s LEFT JOIN fm_sitrep parent ON parent.id = s.parent_sitrep_id
              WHERE (s.parent_sitrep_id IS NULL AND s.alert_generation <> 1)
                 OR (parent.id IS NOT NULL AND s.alert_generation <> parent.alert_generation +
                     (EXISTS (SELECT FROM fm_alert_request r WHERE r.sitrep_id = s.id
                               AND NOT EXISTS (SELECT FROM fm_alert_request q
                                                WHERE q.sitrep_id = parent.id AND q.id = r.id)))::int)`,
  },
  {
    invariant: 19,
    says: 'no request of the head up to the remembered generation lacks a marker',
    broken: `SELECT r.id FROM fm_sitrep_head h
               JOIN fm_rendezvous_progress p ON p.kind = 'alert'
               JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id AND r.generation <= p.generation
              WHERE NOT EXISTS (SELECT FROM rendezvous_alert_created WHERE alert_id = r.id)`,
  },
  {
    invariant: 21,
    says: 'what is in history exists, and is not released',
    broken: `SELECT hist.version FROM fm_sitrep_history hist LEFT JOIN fm_sitrep s ON s.id = hist.sitrep_id
              WHERE s.id IS NULL OR s.time_released IS NOT NULL`,
  },
  {
    invariant: 33,
    says: 'of what was current, what is carried stays closed and stays what it was',
    broken: `WITH step AS (
               SELECT hist.sitrep_id AS child, s.parent_sitrep_id AS parent FROM fm_sitrep_history hist
                 JOIN fm_sitrep s ON s.id = hist.sitrep_id)
             SELECT c.id FROM step JOIN fm_case c ON c.sitrep_id = step.child
               JOIN fm_case d ON d.sitrep_id = step.parent AND d.id = c.id
              WHERE d.closed_sitrep_id IS NOT NULL AND c.closed_sitrep_id IS DISTINCT FROM d.closed_sitrep_id
             UNION ALL
             SELECT r.id FROM step JOIN fm_alert_request r ON r.sitrep_id = step.child
               JOIN fm_alert_request q ON q.sitrep_id = step.parent AND q.id = r.id
              WHERE (r.alert_class, r.alert_version, r.payload, r.case_id)
                    IS DISTINCT FROM (q.alert_class, q.alert_version, q.payload, q.case_id)
             UNION ALL
             SELECT e.case_id FROM step JOIN fm_ereport_in_case e ON e.sitrep_id = step.child
               JOIN fm_ereport_in_case f ON f.sitrep_id = step.parent AND f.case_id = e.case_id
                    AND f.restart_id = e.restart_id AND f.ena = e.ena
              WHERE e.assigned_sitrep_id <> f.assigned_sitrep_id`,
  },
  {
    invariant: 34,
    says: 'an alert that the head requests is as it was requested',
    broken: `SELECT a.id FROM fm_sitrep_head h
               JOIN fm_alert_request r ON r.sitrep_id = h.sitrep_id JOIN alert a ON a.id = r.id
              WHERE (a.class, a.version, a.payload, a.case_id)
                    IS DISTINCT FROM (r.alert_class, r.alert_version, r.payload, r.case_id)`,
  },
  {
    invariant: 35,
    says: 'an alert reaches a receiver by one delivery, and waits once to be sent',
    broken: `SELECT alert_id, receiver_id FROM delivery WHERE alert_id IS NOT NULL
              GROUP BY 1, 2 HAVING count(*) FILTER (WHERE trigger = 'alert') > 1
                                OR count(*) FILTER (WHERE state = 'pending') > 1`,
  },
  {
    invariant: 36,
    says: 'an alert that was not dispatched has no deliveries, and one that was no more than it says',
    broken: `SELECT a.id FROM alert a JOIN delivery d ON d.alert_id = a.id GROUP BY a.id
              HAVING a.time_dispatched IS NULL
                  OR a.num_dispatched < count(*) FILTER
                       (WHERE d.trigger = 'alert' AND d.skipped_because IS DISTINCT FROM 'receiver-disabled')`,
  },
  {
    invariant: 37,
    says: 'only what has its alert, and an enabled receiver, is pending',
    broken: `SELECT d.id FROM delivery d
               JOIN receiver r ON r.id = d.receiver_id LEFT JOIN alert a ON a.id = d.alert_id
              WHERE d.state = 'pending' AND (r.disabled_because IS NOT NULL OR a.id IS NULL)`,
  },
  {
    invariant: 38,
    says: 'a delivery is delivered if and only if an attempt was answered 2xx',
    broken: `SELECT d.id FROM delivery d
              WHERE (d.state = 'delivered') <> EXISTS (SELECT FROM delivery_attempt t WHERE t.delivery_id = d.id
                                                          AND t.outcome = 'delivered')
             UNION ALL
             SELECT delivery_id FROM delivery_attempt
              WHERE (outcome = 'delivered') <> coalesce(status BETWEEN 200 AND 299, false)`,
  },
  {
    invariant: 39,
    says: 'attempts are numbered from 1 without gaps, and only the last one may be under way',
    broken: `SELECT d.id FROM delivery d LEFT JOIN delivery_attempt t ON t.delivery_id = d.id GROUP BY d.id
              HAVING count(t.number) <> d.attempts OR coalesce(max(t.number), 0) <> d.attempts
                  OR coalesce(min(t.number), 1) <> 1
                  OR coalesce(bool_or(t.outcome IS NULL AND t.number < d.attempts), false)`,
  },
  {
    invariant: 40,
    says: 'a receiver has exactly one secret that does not expire',
    broken: `SELECT r.id FROM receiver r LEFT JOIN receiver_secret s ON s.receiver_id = r.id AND s.time_expires IS NULL
              GROUP BY r.id HAVING count(s.id) <> 1`,
  },
  {
    invariant: 41,
    says: 'an ereport is there once',
    broken: 'SELECT restart_id, ena FROM ereport GROUP BY restart_id, ena HAVING count(*) > 1',
  },
  {
    invariant: 42,
    says: 'each restart of a reporter is known by the times of its first and its latest ereport',
    broken: `SELECT * FROM ereporter_restart k FULL JOIN (
               SELECT reporter, restart_id, min(time_collected) AS first, max(time_collected) AS latest
                 FROM ereport GROUP BY reporter, restart_id) e USING (reporter, restart_id)
              WHERE (k.time_first_seen, k.time_latest_ereport) IS DISTINCT FROM (e.first, e.latest)`,
  },
  {
    invariant: 43,
    says: 'an ereport is marked as seen by a sitrep that was current and has it in a case',
    broken: `SELECT e.restart_id, e.ena FROM ereport e JOIN fm_sitrep s ON s.id = e.marked_seen_in
              WHERE (s.time_released IS NULL AND NOT EXISTS (SELECT FROM fm_sitrep_history WHERE sitrep_id = s.id))
                 OR NOT EXISTS (SELECT FROM fm_ereport_in_case a
                                 WHERE a.sitrep_id = s.id AND a.restart_id = e.restart_id AND a.ena = e.ena)`,
  },
  {
    invariant: 43,
    says: 'what is seen is not set aside',
    broken: 'SELECT restart_id, ena FROM ereport WHERE marked_seen_in IS NOT NULL AND set_aside IS NOT NULL',
  },
  {
    invariant: 45,
    says: 'what analysis has made current is not what was current before',
    broken: `SELECT hist.version FROM fm_sitrep_history hist
               JOIN fm_analysis a ON a.sitrep_id = hist.sitrep_id
               JOIN fm_sitrep s ON s.id = hist.sitrep_id
              WHERE (s.parent_sitrep_id IS NULL OR EXISTS (SELECT FROM fm_sitrep WHERE id = s.parent_sitrep_id))
                AND NOT EXISTS (${differing('id, closed_sitrep_id IS NULL, comment', 'fm_case')})
                AND NOT EXISTS (${differing('case_id, restart_id, ena, comment', 'fm_ereport_in_case')})
                AND NOT EXISTS (${differing('id, case_id, comment', 'fm_alert_request')})`,
  },
];

/** What is in one only of a sitrep `s` and its parent. */
function differing(columns: string, table: string): string {
  const of = (sitrep: string) => `SELECT ${columns} FROM ${table} WHERE sitrep_id = ${sitrep}`;
  const [child, parent] = [of('s.id'), of('s.parent_sitrep_id')];
  return `(${child} EXCEPT ${parent}) UNION ALL (${parent} EXCEPT ${child})`;
}

/** Tables whose rows belong to a sitrep, by the catalogue: keyed by `sitrep_id` first. */
export async function childTables(database: pg.Pool | pg.PoolClient): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
       JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
      WHERE c.relnamespace = 'public'::regnamespace AND a.attname = 'sitrep_id'
        AND i.indnatts > 1 ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/**
 * Everything about a database that the invariants promise at any moment, in one snapshot. Throws an error
 * that lists what is broken. `digests`: also that each sitrep's rows are what was submitted, to the last one.
 */
export async function checkInvariants(pool: pg.Pool, { keep, digests = true }: Check = {}): Promise<void> {
  const orphaned = (await childTables(pool)).map((table) => ({
    invariant: 23,
    says: `no row of ${table} lacks its sitrep`,
    broken: `SELECT * FROM ${table} c WHERE NOT EXISTS (SELECT FROM fm_sitrep WHERE id = c.sitrep_id)`,
  }));
  const kept = keep === undefined ? [] : [keptRule(keep)];
  const broken = await brokenRules(pool, [...RULES, ...orphaned, ...kept]);
  if (digests) broken.push(...(await brokenDigests(pool)));
  if (broken.length > 0) throw new Error(`Broken invariants:\n${broken.join('\n')}`);
}

/** All in one statement, which is one snapshot, and one round trip: it is asked after every step of every test. */
async function brokenRules(pool: pg.Pool, rules: Rule[]): Promise<string[]> {
  const questions = rules.map(
    ({ broken }, index) =>
      `SELECT ${index} AS rule, (SELECT jsonb_agg(to_jsonb(b)) FROM (SELECT * FROM (${broken}) a LIMIT 3) b) AS rows`,
  );
  const text = `SELECT * FROM (${questions.join(' UNION ALL ')}) AS answers WHERE rows IS NOT NULL`;
  // Planning it takes longer than running it, so each connection plans it once.
  const { rows } = await pool.query<{ rule: number; rows: unknown[] }>({ name: nameOf(text), text });
  return rows.flatMap(({ rule, rows: found }) => {
    const { invariant, says } = rules[rule] as Rule;
    return `[I${invariant}] ${says}, but: ${JSON.stringify(found)}`;
  });
}

function nameOf(statement: string): string {
  return createHash('md5').update(statement).digest('hex');
}

interface Check {
  keep?: number;
  digests?: boolean;
}

function keptRule(keep: number): Rule {
  return {
    invariant: 25,
    says: `pruning leaves ${keep} versions`,
    broken: `SELECT h.version FROM fm_sitrep_head h
              WHERE (SELECT count(*) FROM fm_sitrep_history) < least(h.version, ${keep})`,
  };
}

async function brokenDigests(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; digest: string }>(
    `SELECT id, encode(digest, 'hex') AS digest FROM fm_sitrep`,
  );
  const broken: string[] = [];
  for (const { id, digest } of rows) {
    const whole = await readSitrep(pool, { id });
    // Collected since the list was read.
    if (!whole) continue;
    const read = readSubmission(whole);
    const found =
      'faults' in read ? JSON.stringify(read.faults) : digestOf(canonicalForm(read.submission.document));
    if (found !== digest) broken.push(`[I6] sitrep ${id} is not what was submitted: ${found}`);
  }
  return broken;
}

/** Every row of every table, as text: what must be the same where nothing may be written. */
export async function tableTexts(pool: pg.Pool): Promise<Record<string, string[]>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const texts: Record<string, string[]> = {};
  for (const { name } of rows) {
    const { rows: found } = await pool.query<{ row: string }>(
      `SELECT t.ctid || t::text AS row FROM ${name} t ORDER BY 1`,
    );
    texts[name] = found.map(({ row }) => row);
  }
  return texts;
}
