import { DefaultLogger, type LogEntry, Runtime, type TelemetryOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { logLine } from './log-line.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Sets up the SDK's runtime, once in a process and before anything else of it: its log goes where ours goes,
 * and signals stay ours, since the API, the worker and the local servers have to stop in order. Its metrics are served at
 * `metricsAddress`, if there is one.
 */
export function installRuntime(logger: Logger, metricsAddress: string | null = null): void {
  Runtime.install({
    shutdownSignals: [],
    // More than that is written for each step of each workflow.
    logger: new DefaultLogger(
      logger.isLevelEnabled('debug') ? 'DEBUG' : 'INFO',
      ({ level, message, meta }: LogEntry) => logger[LEVELS[level]](logLine(meta), message),
    ),
    telemetryOptions: {
      logging: { filter: 'WARN', forward: {} },
      ...(metricsAddress !== null && { metrics: prometheus(metricsAddress) }),
    },
  });
}

/** Named by the conventions of Prometheus: base units, and the unit in the name. */
function prometheus(bindAddress: string): NonNullable<TelemetryOptions['metrics']> {
  return {
    // It would be the same in all of them.
    attachServiceName: false,
    prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
  };
}
