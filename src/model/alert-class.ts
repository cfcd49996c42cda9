import { z } from 'zod';
import { Id } from './id.ts';
import { text } from './text.ts';

/**
 * What an alert class is. To add one, add an entry to `ALERT_CLASSES`: requests, the OpenAPI document and
 * the reference follow. A published version never changes its schema; a change is a new version.
 */
export interface AlertClass {
  description: string;
  /** The schema of the payload, by version. */
  versions: Record<number, z.ZodType>;
  /** Alerts of this class are made by Sitrep itself; no sitrep may request them. */
  own?: true;
}

const anyObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);

function testClass(): AlertClass {
  return { description: 'For tests. Takes any JSON object.', versions: { 0: anyObject } };
}

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
  time: z.iso.datetime({ offset: true, error: 'must be a date and time as in RFC 3339' }),
});

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
  'hardware.power_shelf.psu.insert': {
    description: 'A power supply unit was inserted into a power shelf.',
    versions: { 0: PsuEvent },
  },
  'hardware.power_shelf.psu.remove': {
    description: 'A power supply unit was removed from a power shelf.',
    versions: { 0: PsuEvent },
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

export function alertClass(name: string): AlertClass | undefined {
  return Object.hasOwn(ALERT_CLASSES, name) ? ALERT_CLASSES[name] : undefined;
}
