import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '../local/stack.ts';
import { cidrsOf, readSettings } from '../model/settings.ts';
import { migrate } from '../store/migrate.ts';
import { createPool } from '../store/pool.ts';
import { logOptions } from '../telemetry/log.ts';
import { databaseFailure } from './database-url.ts';
import { claimable } from './listen-address.ts';
import { openLogFile } from './log-file.ts';
import { ownSecretKey } from './own-secret-key.ts';
import { keepOwnToken } from './own-token.ts';
import { Parts, stopWithin } from './parts.ts';
import { openSeeing } from './seeing.ts';
import { connectNatively, runApi, runWorker } from './service.ts';
import type { Outcome, Session } from './session.ts';
import { endAnyway, stopSignal, untilAborted } from './stop-signal.ts';
import type { Style } from './words/style.ts';
import { facts } from './words/style.ts';

/** What runs, once it runs. */
interface Running {
  url: string;
  reference: string;
  temporalAddress: string;
  temporalUiUrl: string | null;
  dataDir: string;
  /** The file with the token of commands that are run beside it; null where none is asked for. */
  token: string | null;
  log: string;
  /** Null unless they are asked for. */
  metricsUrl: string | null;
}

/** Runs everything in this process and its children, until it is asked to stop or a part fails. */
export async function up(session: Session): Promise<Outcome> {
  const { terminal } = session;
  const report = (line: string) => terminal.progress(line);
  const stop = stopSignal();
  stop.addEventListener('abort', () => report('Stopping.'));
  const parts = new Parts(stopWithin(session.settings));
  try {
    const running = await start(session, parts, report, stop);
    terminal.data(running, (style) => welcome(running, style));
    await Promise.race([untilAborted(stop), parts.failed]);
  } catch (error) {
    if (stop.aborted) return 'done';
    if (parts.started) report('Stopping, since a part failed.');
    throw error;
  } finally {
    await parts.stop(report);
    endAnyway();
    if (stop.aborted) report('Stopped.');
  }
  return 'done';
}

async function start(
  { settings, world }: Session,
  parts: Parts,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Running> {
  await claimable(settings.SITREP_LISTEN, settings.SITREP_AUTH === 'on');
  const dataDir = resolve(settings.SITREP_DATA_DIR);
  const stack = await parts.start(
    'A server of the local stack',
    () => startStack({ dataDir, env: world.env, report, signal }),
    (started) => started.stop(),
  );
  parts.watch('A server of the local stack', stack.failed);
  const log = await parts.start(
    'The log',
    async () => openLogFile(join(dataDir, 'logs'), report, logOptions(settings.SITREP_LOG_LEVEL, world.env)),
    async (file) => file.close(),
  );
  const { logger } = log;
  const seeing = await openSeeing({ parts, settings, env: world.env, logger }, 'both');
  const { applied } = await migrate(stack.databaseUrl).catch(databaseFailure);
  if (applied.length > 0) report(`Postgres: applied ${applied.join(', ')}`);
  const servers = {
    ...stack,
    secretKey: settings.SITREP_SECRET_KEY || (await ownSecretKey(dataDir)),
    webhookAllow: settings.SITREP_WEBHOOK_ALLOW ? cidrsOf(settings) : LOOPBACK,
  };
  const host = { parts, servers, settings, logger, seeing };
  signal.throwIfAborted();
  const link = await connectNatively(host);
  report('Worker: starting');
  await runWorker(host, link);
  signal.throwIfAborted();
  const token = settings.SITREP_AUTH === 'on' ? await ownToken(stack.databaseUrl, dataDir) : null;
  const url = await runApi(host, link);
  return {
    url,
    reference: `${url}/reference`,
    temporalAddress: stack.temporal.address,
    temporalUiUrl: stack.temporalUiUrl,
    dataDir,
    token,
    log: log.path,
    metricsUrl: seeing.metricsUrl,
  };
}

async function ownToken(databaseUrl: string, dataDir: string): Promise<string> {
  const pool = createPool(databaseUrl, { max: 1, applicationName: 'sitrep up' });
  try {
    return await keepOwnToken(dataDir, pool);
  } finally {
    await pool.end();
  }
}

/** `sitrep listen` and the like run on this machine. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

const DEFAULT_URL = readSettings({}).SITREP_URL;
/** From where this was started: the examples of the checkout, or of the package that was installed. */
const EXAMPLES = relative('', fileURLToPath(new URL('../../examples', import.meta.url)));
const FIRST_STEPS = [
  `npx sitrep ereports submit ${EXAMPLES}/ereports/psu-remove.json`,
  'npx sitrep current',
  'npx sitrep alerts list',
  `npx sitrep ereports submit ${EXAMPLES}/ereports/psu-insert.json`,
  'npx sitrep diff v1 v2',
];

function welcome(
  { url, reference, temporalAddress, temporalUiUrl, dataDir, token, log, metricsUrl }: Running,
  style: Style,
): string {
  const pairs: [string, string][] = [
    ['API', url],
    ['API reference', reference],
    ['Temporal', temporalAddress],
    ['Temporal UI', temporalUiUrl ?? 'that of the Temporal server which the environment names'],
    ['data', dataDir],
    ['token', token ?? 'none is asked for: whoever reaches the API may do everything (SITREP_AUTH)'],
    ['log', log],
    ...(metricsUrl === null ? [] : [['metrics', metricsUrl] satisfies [string, string]]),
  ];
  return [
    '',
    style.paint('bold', 'Sitrep is running. Ctrl-C stops it.'),
    facts(pairs, style),
    '',
    'In another terminal:',
    ...(url === DEFAULT_URL ? [] : [`  export SITREP_URL=${url}`]),
    ...FIRST_STEPS.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
