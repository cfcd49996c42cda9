import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Sets up the SDK's runtime, once in a process and before anything else of it: its log goes where ours goes,
 * and signals stay ours, since the API, the worker and the local servers have to stop in order.
 */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }: LogEntry) =>
      logger[LEVELS[level]](meta ?? {}, message),
    ),
    telemetryOptions: { logging: { filter: 'WARN', forward: {} } },
  });
}
