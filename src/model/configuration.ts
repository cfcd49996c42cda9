import { z } from 'zod';
import { alertClass } from './alert-class.ts';
import { type Fault, Faults } from './fault.ts';
import { MAX_CREATOR } from './limits.ts';
import { text } from './text.ts';
import { alertFaults, ThresholdRule } from './threshold-rule.ts';

const MAX_RULES = 100;
/** A sitrep more is a row and its children more: a million of them is beyond what anybody looks at. */
const MAX_SITREPS = 1_000_000;
const MAX_DEBOUNCE_MS = 60_000;
const A_DAY = 86_400;

const bounded = (least: number, most: number) =>
  z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);

/**
 * What an operator decides while the system runs. A field that is added needs a default, so that what was stored
 * before stays valid; one that is taken away or narrowed makes stored versions unreadable, and those before them are
 * then in force.
 */
export const Configuration = z
  .strictObject({
    analysisEnabled: z.boolean().default(true).describe('Whether ereports are analysed at all.'),
    analysisIntervalSeconds: bounded(1, A_DAY)
      .default(300)
      .describe(
        'So often ereports are analysed even if nothing calls for it: what is open may be due to close.',
      ),
    debounceMs: bounded(0, MAX_DEBOUNCE_MS)
      .default(250)
      .describe('So long an analysis waits for more of the ereports that called for it.'),
    sitrepLimit: bounded(2, MAX_SITREPS)
      .default(2_500)
      .describe(
        'With so many sitreps in the database, analysis makes no more of them; above `keepVersions`.',
      ),
    keepVersions: bounded(1, MAX_SITREPS - 1)
      .default(2_000)
      .describe(
        'Versions of history that are kept. Where `SITREP_KEEP_VERSIONS` is set, a worker keeps to that.',
      ),
    thresholdRules: z
      .array(ThresholdRule)
      .max(MAX_RULES, `must be at most ${MAX_RULES}`)
      .default([])
      .describe('How many ereports about one thing are a case.'),
  })
  .superRefine(({ keepVersions, sitrepLimit, thresholdRules }, context) => {
    if (sitrepLimit <= keepVersions) {
      const message = `must be more than keepVersions (${keepVersions}), or analysis would stop for good once history is full`;
      context.addIssue({ code: 'custom', path: ['sitrepLimit'], message });
    }
    for (const [at, rule] of thresholdRules.entries()) {
      for (const { pointer, detail } of alertFaults(rule, alertClass)) {
        const path = ['thresholdRules', at, ...pointer.split('/').slice(1)];
        context.addIssue({ code: 'custom', path, message: detail });
      }
    }
    const names = thresholdRules.map(({ name }) => name);
    const twice = names.findIndex((name, at) => names.indexOf(name) < at);
    if (twice >= 0) {
      const message = `is the name of /thresholdRules/${names.indexOf(names[twice] as string)}, too`;
      context.addIssue({ code: 'custom', path: ['thresholdRules', twice, 'name'], message });
    }
  })
  .meta({
    id: 'ConfigurationDocument',
    description: 'What an operator decides. What is left out has its default.',
  });
export type Configuration = z.output<typeof Configuration>;

/** What holds as long as nothing was set; its version is 0. */
export const DEFAULT_CONFIGURATION: Configuration = Configuration.parse({});

export type ConfigurationReading =
  | { kind: 'configuration'; configuration: Configuration }
  | { kind: 'unreadable'; faults: Fault[] };

/** Reads what was stored, perhaps by another version of this code. */
export function readStored(document: unknown): ConfigurationReading {
  const parsed = Configuration.safeParse(document, { reportInput: true });
  if (parsed.success) return { kind: 'configuration', configuration: parsed.data };
  const faults = new Faults();
  faults.addZod(parsed.error);
  return { kind: 'unreadable', faults: faults.list };
}

export const ConfigurationChange = z
  .strictObject({
    expectedVersion: z
      .int()
      .min(0, 'must be at least 0')
      .describe(
        'The version that this one is to follow: the newest. If it is not the newest any more, nothing is set.',
      ),
    author: text(MAX_CREATOR).min(1, 'must not be empty').describe('Who sets it.'),
    comment: text(1_000).default('').describe('Why.'),
    configuration: Configuration,
  })
  .meta({ id: 'ConfigurationChange', description: 'A configuration that is to be in force, as a whole.' });
export type ConfigurationChange = z.output<typeof ConfigurationChange>;

const Version = z.int().describe('Counts from 1.');
const Time = z.iso.datetime();

/** A version without what it says. */
export const ConfigurationHeading = z
  .object({
    version: Version,
    author: z.string(),
    comment: z.string(),
    timeCreated: Time,
    changed: z.array(z.string()).describe('The fields in which it differs from the version before it.'),
  })
  .meta({ id: 'ConfigurationHeading' });
export type ConfigurationHeading = z.output<typeof ConfigurationHeading>;

export const StoredConfigurationView = z
  .object({
    version: Version,
    author: z.string(),
    comment: z.string(),
    timeCreated: Time,
    configuration: z.record(z.string(), z.unknown()).describe('As it was set.'),
  })
  .meta({ id: 'StoredConfiguration' });
export type StoredConfigurationView = z.output<typeof StoredConfigurationView>;

/** The configuration in force. */
export const ConfigurationView = z
  .object({
    version: z.int().describe('0 as long as none was set, and the defaults hold.'),
    author: z.string().nullable(),
    comment: z.string().nullable(),
    timeCreated: Time.nullable(),
    configuration: Configuration,
    unreadable: z
      .object({
        version: Version,
        faults: z.array(z.object({ pointer: z.string(), detail: z.string() })),
      })
      .nullable()
      .describe(
        'The newest version, where this version of Sitrep cannot read it; then the last one that it can read stays in force.',
      ),
  })
  .meta({ id: 'ConfigurationInForce' });
export type ConfigurationView = z.output<typeof ConfigurationView>;

/** What is wrong with the configuration, for whoever watches over the service; null when nothing is. */
export function unreadableInWords({ version, unreadable }: ConfigurationView): string | null {
  if (unreadable === null) return null;
  const [first] = unreadable.faults;
  const inForce = version === 0 ? 'the defaults hold' : `version ${version} stays in force`;
  return `Version ${unreadable.version} of the configuration cannot be read (${first?.pointer || 'it'} ${first?.detail}); ${inForce}.`;
}
