import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Engine } from '../diagnosis/engine.ts';
import { enginesInForce } from '../diagnosis/engines-in-force.ts';
import type { Settings } from '../model/settings.ts';
import type { Mail } from '../webhook/outbox.ts';
import { analysisActivities } from './analysis.ts';
import type { OnEnd } from './attempt-log.ts';
import { deliveryActivities } from './deliver.ts';
import { lifecycleActivities } from './lifecycle.ts';
import { rediagnosisActivities } from './rediagnose.ts';
import { tendActivities } from './tend.ts';

/** What the activities work with; one of each for the whole worker. */
export interface ActivityContext {
  pool: pg.Pool;
  client: Client;
  settings: Settings;
  /** Engines of the user, beside those that Sitrep has. */
  engines?: readonly Engine[];
}

export function createActivities({ pool, client, settings, engines = [] }: ActivityContext) {
  return {
    ...lifecycleActivities(pool, client, settings),
    ...analysisActivities(pool, client, engines),
    ...tendActivities(pool, client, settings),
    ...rediagnosisActivities(pool, (configuration) => enginesInForce(configuration, engines)),
  };
}

/** Those that run apart from the others, since they wait for receivers. Once `stopping`, they begin no more attempts. */
export function createDeliveryActivities(
  { pool, client }: Pick<ActivityContext, 'pool' | 'client'>,
  mail: Mail,
  stopping: AbortSignal = new AbortController().signal,
  onEnd?: OnEnd,
) {
  return deliveryActivities(pool, client, mail, stopping, onEnd);
}

export type AnalysisActivities = ReturnType<typeof analysisActivities>;
export type LifecycleActivities = ReturnType<typeof lifecycleActivities>;
export type DeliveryActivities = ReturnType<typeof deliveryActivities>;
export type RediagnosisActivities = ReturnType<typeof rediagnosisActivities>;
export type TendActivities = ReturnType<typeof tendActivities>;
