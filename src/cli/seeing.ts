import type { Logger } from 'pino';
import { freePort, onFreePort } from '../local/port.ts';
import type { Settings } from '../model/settings.ts';
import { serveMetrics } from '../telemetry/metrics-server.ts';
import { ProcessMetrics } from '../telemetry/process-metrics.ts';
import { startTracing, type Tracing } from '../telemetry/tracing.ts';
import { installRuntime } from '../worker/runtime.ts';
import type { Parts } from './parts.ts';

/** By what an operator sees how a process does, beside its log; null for what was not asked for. */
export interface Seeing {
  metrics: ProcessMetrics | null;
  tracing: Tracing | null;
  metricsUrl: string | null;
}

interface Watched {
  parts: Parts;
  settings: Settings;
  env: Record<string, string | undefined>;
  logger: Logger;
}

/** The parts of Sitrep in a process, as they are named where its traces are shown. */
const SERVICE_NAMES = { api: 'sitrep-api', worker: 'sitrep-worker', both: 'sitrep' };

/** Begins before any part that is to be seen; of Temporal's SDK, what a worker needs of it is set up here. */
export async function openSeeing(
  { parts, settings, env, logger }: Watched,
  runs: keyof typeof SERVICE_NAMES,
): Promise<Seeing> {
  const tracing = await parts.start(
    'Tracing',
    () => startTracing(env, SERVICE_NAMES[runs], logger),
    async (started) => started?.stop(),
  );
  if (tracing) logger.info('traces are sent');
  const listen = settings.SITREP_METRICS_LISTEN;
  if (listen === '') {
    if (runs !== 'api') installRuntime(logger);
    return { metrics: null, tracing, metricsUrl: null };
  }
  const sdkUrl = runs === 'api' ? null : await installMeasuredRuntime(logger);
  const metrics = new ProcessMetrics();
  const { url: metricsUrl } = await parts.start(
    'The server of metrics',
    () => serveMetrics(listen, metrics.registry, sdkUrl),
    (server) => server.close(),
  );
  logger.info({ url: metricsUrl }, 'metrics are served');
  return { metrics, tracing, metricsUrl };
}

/** The SDK serves its metrics by itself, for this machine alone; ours come with them in one scrape. */
function installMeasuredRuntime(logger: Logger): Promise<string> {
  return onFreePort(async () => {
    const address = `127.0.0.1:${await freePort()}`;
    installRuntime(logger, address);
    return `http://${address}/metrics`;
  });
}
