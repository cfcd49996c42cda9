import type pg from 'pg';
import { DEFAULT_CONFIGURATION } from '../src/model/configuration.ts';
import { setConfiguration } from '../src/store/configuration.ts';

/** A case measures what it does itself: after each sitrep, an analysis would read that whole, and may make another. */
export async function withoutAnalysis(pool: pg.Pool): Promise<void> {
  const configuration = { ...DEFAULT_CONFIGURATION, analysisEnabled: false };
  await setConfiguration(pool, { expectedVersion: 0, author: 'bench', comment: '', configuration });
}
