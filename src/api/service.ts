import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { AnalysisWaker } from '../temporal/analysis-waker.ts';
import type { Mail } from '../webhook/outbox.ts';
import type { Gate } from './gate.ts';
import type { RateLimits } from './rate-limit.ts';
import type { TokenMemory } from './token-memory.ts';

/** What the handlers work with. */
export interface Service {
  pool: pg.Pool;
  client: Client;
  namespace: string;
  temporalUiUrl: string | null;
  maxBodyBytes: number;
  /** Aborted once it is asked to stop: clients are told to go elsewhere, and what they have asked is answered. */
  stopping: AbortSignal;
  /** Null where no token is asked for, and whoever reaches the API may do everything. */
  guard: { tokens: TokenMemory; rateLimits: RateLimits } | null;
  /** What test deliveries are sent with. */
  mail: Mail;
  /** Tells the analysis that there is something new. */
  analysis: AnalysisWaker;
  /** The OpenAPI document of all routes. */
  openApi: object;
  /** Bodies that are arriving; weighed by the bytes that they announce. */
  arriving: Gate;
  /** Documents that are parsed, checked and laid down; weighed by their bytes. */
  documents: Gate;
  /** Sitreps that are sent whole; each weighs 1. */
  reading: Gate;
}
