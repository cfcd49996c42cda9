import { log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { wakeAnalysis } from '../temporal/wake-analysis.ts';
import type { ConfigurationReader } from './configuration.ts';

/** Wakes the analysis, if there shall be one. Where that fails it is late: it looks at an interval, too. */
export async function callForAnalysis(client: Client, configuration: ConfigurationReader): Promise<void> {
  if (!(await configuration()).configuration.analysisEnabled) return;
  await wakeAnalysis(client).catch((error: Error) => {
    log.warn('the analysis could not be woken', { error: error.message });
  });
}
