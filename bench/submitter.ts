import type pg from 'pg';
import type { SitrepDocument } from '../src/model/sitrep.ts';
import { documentOf } from './document.ts';

/** A sitrep as most are: few cases, and an alert or two. */
export function smallDocument(parentId: string | null): SitrepDocument {
  return documentOf({ cases: 2, requests: 2, ereports: 2 }, parentId);
}

/** Submits over HTTP; true when it has become current, false when another one was first. */
export async function submit(url: string, document: SitrepDocument): Promise<boolean> {
  const answer = await fetch(`${url}/v1/sitreps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });
  const text = await answer.text();
  if (answer.status === 201) return true;
  if (answer.status === 409 && text.includes('parent-not-current')) return false;
  throw new Error(`The answer to a submission was ${answer.status}: ${text}`);
}

/** Hears from Postgres, within the commit that makes them, when alerts are there: no polling, and next to no cost. */
export async function listenForAlerts(pool: pg.Pool): Promise<{ next(): Promise<void>; stop(): void }> {
  await pool.query(
    `CREATE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY bench_alerts; RETURN NULL; END $$;
     CREATE TRIGGER bench_tell AFTER INSERT ON alert FOR EACH STATEMENT EXECUTE FUNCTION bench_tell()`,
  );
  const client = await pool.connect();
  await client.query('LISTEN bench_alerts');
  return {
    next: () => new Promise((resolve) => client.once('notification', () => resolve())),
    stop: () => client.release(true),
  };
}
