import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Settings } from '../model/settings.ts';
import { lifecycleActivities } from './lifecycle.ts';
import { tendActivities } from './tend.ts';

/** What the activities work with; one of each for the whole worker. */
export interface ActivityContext {
  pool: pg.Pool;
  client: Client;
  settings: Settings;
}

export function createActivities({ pool, client, settings }: ActivityContext) {
  return { ...lifecycleActivities(pool, settings), ...tendActivities(pool, client, settings) };
}

export type LifecycleActivities = ReturnType<typeof lifecycleActivities>;
export type TendActivities = ReturnType<typeof tendActivities>;
