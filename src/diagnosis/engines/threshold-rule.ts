import { z } from 'zod';
import { SEVERITIES, type ThresholdExceeded } from '../../model/alert-class.ts';
import { ClassGlob } from '../../model/class-glob.ts';
import { type Fault, Faults } from '../../model/fault.ts';
import type { AlertClassLookup } from '../alert-classes.ts';
import { JsonPointer } from '../json-pointer.ts';

const DAY = 24 * 60 * 60;

const seconds = (maximum: number) => z.int().min(1).max(maximum);

/** What fields of an ereport a thing may be told by. */
const ThingField = JsonPointer.regex(
  /^\/(?:reporter\/|body\/|(?:restartId|class|serialNumber|partNumber)$)/,
  'must begin with /reporter/ or /body/, or be /class, /serialNumber, /partNumber or /restartId',
);

/** When is something amiss that is only amiss when it happens often? N ereports of one thing within T. */
export const ThresholdRule = z
  .strictObject({
    name: z
      .string()
      .max(50, 'must have at most 50 characters')
      .regex(/^[a-z0-9_]+$/, 'must be lower-case letters, digits and _'),
    class: ClassGlob.describe('Which ereports count.'),
    thing: z
      .array(ThingField)
      .max(10, 'must have at most 10 fields')
      .describe(
        'JSON pointers to what tells one thing from another: each has its own count. None: all count as one.',
      ),
    count: z.int().min(1).max(1_000).describe('So many ereports (N) …'),
    withinSeconds: seconds(30 * DAY).describe('… within so long (T), both ends included.'),
    closeAfterSeconds: seconds(365 * DAY).describe(
      'The case is closed when there was no ereport for so long.',
    ),
    severity: z.enum(SEVERITIES).default('warning'),
    alertClass: z.string().max(200).default('threshold.exceeded'),
    alertVersion: z.int32().min(0).default(0),
  })
  .meta({
    id: 'ThresholdRule',
    description: 'Asks for an alert when a thing makes many ereports in a short time.',
  });
export type ThresholdRule = z.output<typeof ThresholdRule>;

/** What is wrong with a rule that only the alert classes can tell. */
export function alertFaults(rule: ThresholdRule, alertClassOf: AlertClassLookup): Fault[] {
  const faults = new Faults();
  const known = alertClassOf(rule.alertClass);
  const schema = known?.versions[rule.alertVersion];
  if (!known) faults.add(['alertClass'], 'is not a known alert class');
  else if (known.own) faults.add(['alertClass'], 'is a class whose alerts only Sitrep itself makes');
  else if (!schema) faults.add(['alertVersion'], `is not a known version of ${rule.alertClass}`);
  else if (!schema.safeParse(sampleOf(rule)).success) {
    faults.add(['alertClass'], 'is a class that does not take what a threshold rule has to say');
  }
  return faults.list;
}

function sampleOf(rule: ThresholdRule): ThresholdExceeded {
  return {
    rule: rule.name,
    severity: rule.severity,
    thing: rule.thing.map((field) => ({ field, value: 'value' })),
    ereportClass: rule.class,
    count: rule.count,
    withinSeconds: rule.withinSeconds,
    firstTime: '2026-11-20T08:10:27.512Z',
    lastTime: '2026-11-20T08:11:27.512Z',
  };
}
