import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { startApi } from '../api/server.ts';
import type { TemporalAccess } from '../local/external-temporal.ts';
import { enginePathsOf, rateLimitsOf, type Settings } from '../model/settings.ts';
import { schemaFault } from '../store/migrate.ts';
import { createPool } from '../store/pool.ts';
import { readStanding } from '../store/standing.ts';
import { showDatabase } from '../telemetry/database-metrics.ts';
import { tracedPool } from '../telemetry/traced-pool.ts';
import { AddressPolicy } from '../webhook/address-policy.ts';
import type { Mail } from '../webhook/outbox.ts';
import { SecretBox } from '../webhook/secret-box.ts';
import { Sender } from '../webhook/sender.ts';
import { EnginesError, loadEngines } from '../worker/engines.ts';
import { prepareNamespace } from '../worker/prepare.ts';
import { startProbes } from '../worker/probes.ts';
import { startWorker } from '../worker/worker.ts';
import { databaseFailure } from './database-url.ts';
import { Failure } from './failure.ts';
import type { Parts } from './parts.ts';
import type { Seeing } from './seeing.ts';
import { temporalFailure } from './temporal-access.ts';
import { type Workplace, workerReadiness } from './worker-readiness.ts';

/** What API and worker run on. */
export interface Servers {
  databaseUrl: string;
  temporal: TemporalAccess;
  temporalUiUrl: string | null;
  /** Base64 of 32 bytes, under which the secrets of receivers rest. */
  secretKey: string;
  /** CIDRs that alerts may be delivered to beside the public internet. */
  webhookAllow: string[];
}

/** A process that runs parts of Sitrep. */
export interface Host {
  parts: Parts;
  servers: Servers;
  settings: Settings;
  logger: Logger;
  seeing: Seeing;
}

/** A way to Temporal: the worker needs a native one, and a client on the same one starts workflows eagerly. */
export interface TemporalLink<Way> {
  connection: Way;
  client: Client;
}

export async function connectNatively({
  parts,
  servers,
  seeing,
}: Host): Promise<TemporalLink<NativeConnection>> {
  const { connectionOptions, namespace, address } = servers.temporal;
  const connection = await parts.start(
    'The connection to Temporal',
    () =>
      NativeConnection.connect({ ...connectionOptions, plugins: pluginsOf(seeing) }).catch(
        temporalFailure(address),
      ),
    (started) => started.close(),
  );
  return { connection, client: new Client({ connection, namespace }) };
}

/** Left alone, a client lets up to two minutes pass between attempts: long after Temporal is back it would be away. */
const RECONNECT = { 'grpc.max_reconnect_backoff_ms': 2_000 };

export async function connect({ parts, servers, seeing }: Host): Promise<TemporalLink<Connection>> {
  const { connectionOptions, namespace, address } = servers.temporal;
  const connection = await parts.start(
    'The connection to Temporal',
    () =>
      Connection.connect({
        ...connectionOptions,
        channelArgs: RECONNECT,
        plugins: pluginsOf(seeing),
      }).catch(temporalFailure(address)),
    (started) => started.close(),
  );
  return { connection, client: new Client({ connection, namespace }) };
}

/** Clients and workers have those of the connection that they are on. */
function pluginsOf({ tracing }: Seeing) {
  return tracing ? [tracing.plugin] : [];
}

export async function runWorker(host: Host, link: TemporalLink<NativeConnection>): Promise<void> {
  const { parts, servers, settings, logger, seeing } = host;
  const pool = await openPool(host, 'worker');
  const traced = seeing.tracing !== null;
  const registry = seeing.metrics?.registry;
  const mail = await openMail(host);
  const engines = await enginesOf(host);
  const { namespace } = servers.temporal;
  const place: Workplace = { pool, client: link.client, namespace, worker: null };
  if (settings.SITREP_WORKER_LISTEN) {
    const { url } = await parts.start(
      'The answers to probes',
      () => startProbes(settings.SITREP_WORKER_LISTEN, () => workerReadiness(place)),
      (probes) => probes.close(),
    );
    logger.info({ url }, 'the worker answers probes');
  }
  const worker = await parts.start(
    'The worker',
    async () => {
      await prepare(host);
      return startWorker({ pool, ...link, namespace, settings, engines, mail, logger, registry, traced });
    },
    (started) => started.stop(),
  );
  place.worker = worker;
  parts.watch('The worker', worker.failed);
}

/** Returns the URL at which the API listens. */
export async function runApi(host: Host, { client }: TemporalLink<unknown>): Promise<string> {
  const { parts, servers, settings, logger, seeing } = host;
  const pool = await openPool(host, 'api');
  if (seeing.metrics) showDatabase(seeing.metrics.registry, () => readStanding(pool));
  await enginesOf(host);
  const mail = await openMail(host);
  const { url } = await parts.start(
    'The API',
    () =>
      startApi({
        pool,
        client,
        listen: settings.SITREP_LISTEN,
        authentication: settings.SITREP_AUTH === 'on' ? { rateLimits: rateLimitsOf(settings) } : null,
        maxBodyBytes: settings.SITREP_MAX_BODY,
        temporalUiUrl: servers.temporalUiUrl,
        namespace: servers.temporal.namespace,
        mail,
        logger,
        registry: seeing.metrics?.registry,
        traced: seeing.tracing !== null,
      }),
    (api) =>
      api.close({
        drainMs: settings.SITREP_DRAIN_SECONDS * 1000,
        graceMs: settings.SITREP_GRACE_SECONDS * 1000,
      }),
  );
  return url;
}

/** Loaded by the API as well: it has to know the alert classes that they bring along. */
async function enginesOf({ settings }: Host) {
  try {
    return await loadEngines(enginePathsOf(settings));
  } catch (error) {
    if (!(error instanceof EnginesError)) throw error;
    throw new Failure({ title: 'SITREP_ENGINES cannot be used', detail: error.message });
  }
}

/** One for each part: a worker that has to end cuts off what it sends, and nobody else's probe with it. */
function openMail({ parts, servers }: Host): Promise<Mail> {
  return parts.start(
    'The connections to receivers',
    async () => ({
      sender: new Sender(new AddressPolicy(servers.webhookAllow)),
      secrets: new SecretBox(servers.secretKey),
    }),
    ({ sender }) => sender.close(),
  );
}

/** A schema that this code doesn't know would fail later, statement by statement. */
async function openPool({ parts, servers, settings, seeing }: Host, part: 'api' | 'worker') {
  const applicationName = `sitrep ${part}`;
  const pool = await parts.start(
    'The database connections',
    async () => createPool(servers.databaseUrl, { applicationName, max: settings.SITREP_CONNECTIONS }),
    (started) => started.end(),
  );
  seeing.metrics?.watchPool(part, pool);
  const fault = await schemaFault(pool).catch(databaseFailure);
  if (fault !== null) throw new Failure({ title: 'The database has another schema', detail: fault });
  return seeing.tracing ? tracedPool(pool) : pool;
}

async function prepare(host: Host): Promise<void> {
  const { connectionOptions, namespace } = host.servers.temporal;
  const connection = await Connection.connect(connectionOptions);
  try {
    await prepareNamespace(connection, new Client({ connection, namespace }), namespace);
  } finally {
    await connection.close();
  }
}
