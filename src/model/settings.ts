import { z } from 'zod';
import { listenAddress } from './listen.ts';

const wholeNumber = (minimum: number) =>
  z.coerce.number(`must be a whole number`).int('must be a whole number').min(minimum);

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

const address = z.string().refine((text) => listenAddress(text) !== null, 'must be host:port');

/** What the environment sets, with the defaults that the documentation promises. */
export const Settings = z.object({
  SITREP_LISTEN: address
    .default('127.0.0.1:7480')
    .describe('Where the API listens. Loopback only, where authentication is off.'),
  SITREP_WORKER_LISTEN: address
    .default('')
    .describe('Where a worker answers probes, `/livez` and `/readyz`; nowhere unless it is set.'),
  SITREP_AUTH: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .describe('Whether the API asks for tokens. Off, whoever reaches it may do everything.'),
  SITREP_READS_PER_MINUTE: wholeNumber(1)
    .default(6_000)
    .describe('Requests that read, of one token to one API.'),
  SITREP_REPORTS_PER_MINUTE: wholeNumber(1)
    .default(60_000)
    .describe('Requests that bring ereports or a sitrep, of one token to one API.'),
  SITREP_CHANGES_PER_MINUTE: wholeNumber(1)
    .default(600)
    .describe('Requests that change something else, of one token to one API.'),
  SITREP_URL: z
    .url('must be a URL')
    .default('http://127.0.0.1:7480')
    .describe('Where the CLI finds the API.'),
  SITREP_TOKEN: z
    .string()
    .trim()
    .regex(/^[!-~]*$/, 'must be a token')
    .default('')
    .describe('What the CLI shows the API. If it is not set, the token that `up` left in SITREP_DATA_DIR.'),
  SITREP_DATA_DIR: z.string().min(1).default('.sitrep').describe('Where the local stack keeps its data.'),
  SITREP_MAX_BODY: wholeNumber(1024)
    .default(256 * 1024 * 1024)
    .describe('Bytes of the largest request body.'),
  SITREP_KEEP_VERSIONS: wholeNumber(1)
    .optional()
    .describe('Versions of history that a worker keeps, whatever `keepVersions` of the configuration says.'),
  SITREP_ORPHAN_GRACE_SECONDS: wholeNumber(0)
    .default(3600)
    .describe('Seconds that an orphaned sitrep stays, so that an operator can see what lost.'),
  SITREP_AUDIT_DAYS: wholeNumber(1)
    .default(365)
    .describe('Days that a worker keeps the entries of the audit log, and tokens that have expired.'),
  SITREP_ENGINES: z
    .string()
    .default('')
    .describe(
      'Paths of modules with engines of your own, separated by commas. The same for all APIs and workers.',
    ),
  SITREP_SECRET_KEY: z
    .string()
    .default('')
    .describe(
      'Base64 of 32 bytes, under which the secrets of receivers rest. `up` makes its own; `serve` needs it.',
    ),
  SITREP_WEBHOOK_ALLOW: z
    .string()
    .default('')
    .describe(
      'CIDRs, separated by commas, that alerts may be delivered to beside the public internet. `up` opens loopback.',
    ),
  SITREP_CONNECTIONS: wholeNumber(2)
    .default(10)
    .describe(
      'Connections to Postgres that an API or a worker opens at most; a worker runs as many activities at once.',
    ),
  SITREP_DRAIN_SECONDS: wholeNumber(0)
    .default(0)
    .describe(
      'Seconds that an API which is asked to stop still takes requests, and says to probes that it is not ready: as long as a load balancer needs to notice.',
    ),
  SITREP_GRACE_SECONDS: wholeNumber(1)
    .default(8)
    .describe(
      'Seconds that requests, activities and deliveries get to come to their end when a process is asked to stop; then they are cut off, and done again by another. What kills it has to wait for ten more.',
    ),
  SITREP_METRICS_LISTEN: address
    .default('')
    .describe(
      'Where `serve` and `up` serve metrics for Prometheus, such as `127.0.0.1:9464`; nowhere, if it is not set. Whoever reaches that address can read them: they are numbers, and name no sitrep and no receiver.',
    ),
  SITREP_LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('The least level of the lines that `serve` and `up` log; `debug` has a line for each request.'),
});
export type Settings = z.output<typeof Settings>;

/** Reads the settings from an environment; throws an error that names each wrong variable. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const known = Object.fromEntries(
    Object.keys(Settings.shape)
      .filter((name) => env[name] !== undefined && env[name] !== '')
      .map((name) => [name, env[name]]),
  );
  const parsed = Settings.safeParse(known);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new Error(`The environment is not usable: ${faults.join('; ')}.`);
}

export function enginePathsOf({ SITREP_ENGINES }: Settings): string[] {
  return SITREP_ENGINES.split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
}

/** What a token may ask of one API within a minute. */
export function rateLimitsOf(settings: Settings) {
  return {
    reads: settings.SITREP_READS_PER_MINUTE,
    reports: settings.SITREP_REPORTS_PER_MINUTE,
    changes: settings.SITREP_CHANGES_PER_MINUTE,
  };
}

/** What an operator has opened for deliveries beside the public internet. */
export function cidrsOf({ SITREP_WEBHOOK_ALLOW }: Settings): string[] {
  return SITREP_WEBHOOK_ALLOW.split(',').filter((cidr) => cidr.trim() !== '');
}
