import { z } from 'zod';
import { Id } from './id.ts';
import { anyObject } from './json-object.ts';
import { text } from './text.ts';

/**
 * What an alert class is. To add one, add an entry to `ALERT_CLASSES`: requests, the OpenAPI document and
 * the reference follow. An engine of the user's brings its own. A published version never changes its schema; a change is a new version.
 */
export interface AlertClass {
  description: string;
  /** The schema of the payload, by version. */
  versions: Record<number, z.ZodType>;
  /** Alerts of this class are made by Sitrep itself; no sitrep may request them. */
  own?: true;
}

/** A class and version as an engine asks for an alert, with the type that its payload must have. */
export interface AlertKind<Payload extends object = object> {
  class: string;
  version: number;
  schema: z.ZodType<Payload>;
}

const AnyPayload = anyObject();

function testClass(): AlertClass {
  return { description: 'For tests. Takes any JSON object.', versions: { 0: AnyPayload } };
}

const time = () => z.iso.datetime({ offset: true, error: 'must be a date and time as in RFC 3339' });

const Baseboard = z.strictObject({
  partNumber: text(),
  serialNumber: text(),
  revision: z.int32().min(0),
});

const PsuIdentity = z.strictObject({
  manufacturer: text(),
  partNumber: text(),
  firmwareRevision: text(),
  serialNumber: text(),
});

/** A power supply unit that came or went; after omicron's `PsuInserted` and `PsuRemoved`. */
const PsuEvent = z.strictObject({
  rackId: Id,
  powerShelf: z.strictObject({ shelf: z.int().min(0).max(1), baseboard: Baseboard.nullable() }),
  psu: z.strictObject({ slot: z.int().min(0).max(5), identity: PsuIdentity.nullable() }),
  time: time(),
});

export const PSU_INSERTED: AlertKind<z.output<typeof PsuEvent>> = {
  class: 'hardware.power_shelf.psu.insert',
  version: 0,
  schema: PsuEvent,
};
export const PSU_REMOVED: AlertKind<z.output<typeof PsuEvent>> = {
  class: 'hardware.power_shelf.psu.remove',
  version: 0,
  schema: PsuEvent,
};

export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** So many ereports of one thing within so long; of the ereports, the first and the last of the first window. */
const ThresholdExceeded = z.strictObject({
  rule: text(),
  severity: z.enum(SEVERITIES),
  thing: z.array(z.strictObject({ field: text(), value: text() })),
  ereportClass: text(),
  count: z.int().min(1),
  withinSeconds: z.int().min(1),
  firstTime: time(),
  lastTime: time(),
});
export type ThresholdExceeded = z.output<typeof ThresholdExceeded>;

const ReceiverDisabled = z.strictObject({
  receiverId: Id,
  receiver: text(),
  because: z.enum(['gone', 'failing']),
  failingSince: z.iso.datetime(),
});

export const ALERT_CLASSES: Readonly<Record<string, AlertClass>> = {
  'test.foo': testClass(),
  'test.foo.bar': testClass(),
  'test.foo.baz': testClass(),
  'test.quux.bar': testClass(),
  'test.quux.bar.baz': testClass(),
  [PSU_INSERTED.class]: {
    description: 'A power supply unit was inserted into a power shelf.',
    versions: { 0: PSU_INSERTED.schema },
  },
  [PSU_REMOVED.class]: {
    description: 'A power supply unit was removed from a power shelf.',
    versions: { 0: PSU_REMOVED.schema },
  },
  'threshold.exceeded': {
    description: 'A thing made so many ereports within so long that a threshold rule was met.',
    versions: { 0: ThresholdExceeded },
  },
  'sitrep.receiver.disabled': {
    description: 'A receiver of alerts was disabled, since it was gone or accepted nothing for days.',
    versions: { 0: ReceiverDisabled },
    own: true,
  },
};

/** Test classes are exactly those that start with `test.`; receivers get them only when they ask for them. */
export function isTestClass(name: string): boolean {
  return name.startsWith('test.');
}

/** Whether Sitrep has this class itself; others come with engines of the user. */
export function isOfSitrep(name: string): boolean {
  return Object.hasOwn(ALERT_CLASSES, name);
}

/** Classes that engines of the user brought along. One set for a process, as what `alertClass` says goes everywhere. */
const brought = new Map<string, AlertClass>();

/**
 * Makes classes known that engines of the user bring along: to whatever holds requests, rules or subscriptions against
 * the classes that there are. For a process to do once, before it reads any.
 */
export function bringAlertClasses(classes: Readonly<Record<string, AlertClass>>): void {
  for (const [name, one] of Object.entries(classes)) brought.set(name, one);
}

export function alertClass(name: string): AlertClass | undefined {
  return isOfSitrep(name) ? ALERT_CLASSES[name] : brought.get(name);
}
