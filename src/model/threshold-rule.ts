import { z } from 'zod';
import { type AlertClass, SEVERITIES, type ThresholdExceeded } from './alert-class.ts';
import { ClassGlob } from './class-glob.ts';
import { type Fault, Faults } from './fault.ts';
import { text } from './text.ts';

const DAY = 86_400;
const MAX_POINTER = 200;

const bounded = (most: number) => z.int().min(1, 'must be at least 1').max(most, `must be at most ${most}`);

/** What of an ereport may tell one thing from another. */
const ThingField = text(MAX_POINTER).regex(
  /^\/(?:(?:reporter|body)(?:\/(?:[^~/]|~[01])*)+|class|serialNumber|partNumber|restartId)$/,
  'must be a JSON pointer into /reporter or /body, such as /body/slot, or /class, /serialNumber, /partNumber or /restartId',
);

/** When is something amiss that is only amiss when it happens often? N ereports of one thing within T. */
export const ThresholdRule = z
  .strictObject({
    name: z
      .string()
      .max(50, 'must have at most 50 characters')
      .regex(/^[a-z0-9_]+$/, 'must be lower-case letters, digits and _')
      .describe('Names the rule to people, and its cases to itself; unique.'),
    class: ClassGlob.describe(
      'Which ereports count: a class, or a glob over its segments, in which `*` is one and `**` one or more.',
    ),
    thing: z
      .array(ThingField)
      .max(10, 'must have at most 10 fields')
      .default([])
      .describe(
        'JSON pointers (RFC 6901) to what tells one thing from another: each has its own count. None: all count as one.',
      ),
    count: bounded(1_000).describe('So many ereports of one thing are too many.'),
    withinSeconds: bounded(30 * DAY).describe('Within so long, both ends included.'),
    closeAfterSeconds: bounded(365 * DAY)
      .default(DAY)
      .describe('The case is closed when there was no ereport for so long.'),
    severity: z.enum(SEVERITIES).default('warning').describe('How bad that is; the alert says so.'),
    alertClass: text(200).default('threshold.exceeded').describe('The class of the alert.'),
    alertVersion: z.int32().min(0, 'must be at least 0').default(0).describe('The version of that class.'),
  })
  .meta({
    id: 'ThresholdRule',
    description: 'Asks for an alert when a thing makes many ereports in a short time.',
  });
export type ThresholdRule = z.output<typeof ThresholdRule>;

/** What is wrong with a rule that only the alert classes can tell. */
export function alertFaults(
  rule: Pick<ThresholdRule, 'alertClass' | 'alertVersion'>,
  alertClassOf: (name: string) => AlertClass | undefined,
): Fault[] {
  const faults = new Faults();
  const known = alertClassOf(rule.alertClass);
  const schema = known?.versions[rule.alertVersion];
  if (!known) faults.add(['alertClass'], 'is not a known alert class');
  else if (known.own) faults.add(['alertClass'], 'is a class whose alerts only Sitrep itself makes');
  else if (!schema) faults.add(['alertVersion'], `is not a known version of ${rule.alertClass}`);
  else if (!schema.safeParse(SAMPLE).success) {
    faults.add(['alertClass'], 'is a class that does not take what a threshold rule has to say');
  }
  return faults.list;
}

/** What a rule has to say, whichever it is. */
const SAMPLE: ThresholdExceeded = {
  rule: 'fan_stalls',
  severity: 'warning',
  thing: [{ field: '/body/fan', value: '3' }],
  ereportClass: 'hw.fan.*',
  count: 3,
  withinSeconds: 600,
  firstTime: '2026-11-20T08:10:27.512Z',
  lastTime: '2026-11-20T08:11:27.512Z',
};
