import type { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import type { Settings } from '../model/settings.ts';
import type { SecretBox } from '../webhook/secret-box.ts';

/** What is examined: the servers of a Sitrep, whose workers and APIs may run, or not even be able to start. */
export interface Patient {
  databaseUrl: string;
  pool: pg.Pool;
  connection: Connection;
  client: Client;
  namespace: string;
  /** Those of its workers, which say what is kept, and for how long. */
  settings: Settings;
  /** What opens the secrets of receivers; null when nobody said by which key. */
  secrets: SecretBox | null;
}

/** What has been as it is for a shorter time is on its way, in a Sitrep that works. */
export const PATIENCE_SECONDS = 60;
/** Rows and workflows that are looked at together. */
export const PAGE = 500;
