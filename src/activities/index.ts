import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Settings } from '../model/settings.ts';
import type { Mail } from '../webhook/outbox.ts';
import { deliveryActivities } from './deliver.ts';
import { lifecycleActivities } from './lifecycle.ts';
import { tendActivities } from './tend.ts';

/** What the activities work with; one of each for the whole worker. */
export interface ActivityContext {
  pool: pg.Pool;
  client: Client;
  settings: Settings;
}

export function createActivities({ pool, client, settings }: ActivityContext) {
  return {
    ...lifecycleActivities(pool, client, settings),
    ...tendActivities(pool, client, settings),
  };
}

/** Those that run apart from the others, since they wait for receivers. Once `stopping`, they begin no more attempts. */
export function createDeliveryActivities(
  { pool, client }: Omit<ActivityContext, 'settings'>,
  mail: Mail,
  stopping: AbortSignal = new AbortController().signal,
) {
  return deliveryActivities(pool, client, mail, stopping);
}

export type LifecycleActivities = ReturnType<typeof lifecycleActivities>;
export type DeliveryActivities = ReturnType<typeof deliveryActivities>;
export type TendActivities = ReturnType<typeof tendActivities>;
