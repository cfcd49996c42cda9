import { z } from 'zod';

const wholeNumber = (minimum: number) =>
  z.coerce.number(`must be a whole number`).int('must be a whole number').min(minimum);

/** What the environment sets, with the defaults that the documentation promises. */
export const Settings = z.object({
  SITREP_LISTEN: z
    .string()
    .regex(/^(\[[0-9a-f:.]+\]|[^:]+):\d{1,5}$/i, 'must be host:port')
    .default('127.0.0.1:7480')
    .describe('Where the API listens. Loopback only, until there is authentication.'),
  SITREP_URL: z
    .url('must be a URL')
    .default('http://127.0.0.1:7480')
    .describe('Where the CLI finds the API.'),
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

/** What an operator has opened for deliveries beside the public internet. */
export function cidrsOf({ SITREP_WEBHOOK_ALLOW }: Settings): string[] {
  return SITREP_WEBHOOK_ALLOW.split(',').filter((cidr) => cidr.trim() !== '');
}
