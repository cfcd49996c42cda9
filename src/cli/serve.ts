import pino, { type Logger } from 'pino';
import { cidrsOf, type Settings } from '../model/settings.ts';
import { logOptions } from '../telemetry/log.ts';
import { requireDatabaseUrl } from './database-url.ts';
import { Failure } from './failure.ts';
import { Parts, stopWithin } from './parts.ts';
import { openSeeing } from './seeing.ts';
import { connect, connectNatively, type Host, runApi, runWorker } from './service.ts';
import type { Outcome, Session } from './session.ts';
import { endAnyway, stopSignal, untilAborted } from './stop-signal.ts';
import { requireTemporal } from './temporal-access.ts';

export function serveApi(session: Session): Promise<Outcome> {
  return serve(session, 'api', async (host) => {
    const url = await runApi(host, await connect(host));
    host.logger.info({ url }, 'the API listens');
  });
}

export function serveWorker(session: Session): Promise<Outcome> {
  return serve(session, 'worker', async (host) => {
    await runWorker(host, await connectNatively(host));
    host.logger.info('the worker works');
  });
}

/** Runs a part against servers that others run, until it is asked to stop or fails. Its log is its data. */
async function serve(
  session: Session,
  part: 'api' | 'worker',
  start: (host: Host) => Promise<void>,
): Promise<Outcome> {
  const { world, settings } = session;
  const servers = {
    databaseUrl: requireDatabaseUrl(world.env),
    temporal: requireTemporal(world.env),
    temporalUiUrl: null,
    secretKey: requireSecretKey(settings),
    webhookAllow: cidrsOf(settings),
  };
  const stop = stopSignal();
  const parts = new Parts(stopWithin(settings));
  const logger: Logger = pino(logOptions(settings.SITREP_LOG_LEVEL, world.env), world.stdout);
  try {
    const seeing = await openSeeing({ parts, settings, env: world.env, logger }, part);
    await start({ parts, servers, settings, logger, seeing });
    await Promise.race([untilAborted(stop), parts.failed]);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await parts.stop((line) => logger.warn(line));
    endAnyway();
  }
  logger.info('stopped');
  return 'done';
}

function requireSecretKey({ SITREP_SECRET_KEY }: Settings): string {
  if (SITREP_SECRET_KEY) return SITREP_SECRET_KEY;
  const hint =
    'Make one with `openssl rand -base64 32`, and give all APIs and workers the same: the secrets of receivers rest under it.';
  throw new Failure({ title: 'SITREP_SECRET_KEY is not set' }, hint);
}
