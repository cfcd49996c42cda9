import { z } from 'zod';
import { Id } from '../../model/id.ts';
import { text } from '../../model/text.ts';
import type { Ereport } from '../ereport.ts';

export const INSERTED = 'hw.insert.psu';
export const REMOVED = 'hw.remove.psu';

/** The service processor of a power shelf. */
const PowerShelfReporter = z.object({
  type: z.literal('sp'),
  spType: z.literal('power_shelf'),
  slot: z.int().min(0).max(1),
  rackId: Id,
});

const PsuBody = z.object({
  slot: z.int().min(0).max(5),
  rail: text(),
  refdes: text(),
  baseboard_rev: z.int32().min(0).nullish(),
  fruid: z.object({ mfr: text(), mpn: text(), fw_rev: text(), serial: text() }).nullish(),
});

const BaseboardText = text();

/** That a power supply unit came or went, as the controller of its shelf reports it. */
export interface PsuEreport {
  kind: 'inserted' | 'removed';
  ereport: Ereport;
  rackId: string;
  shelf: number;
  slot: number;
  /** The controller; null where the ereport does not say all of it. */
  baseboard: { partNumber: string; serialNumber: string; revision: number } | null;
  /** The unit itself; null where the controller could not read it. */
  identity: {
    manufacturer: string;
    partNumber: string;
    firmwareRevision: string;
    serialNumber: string;
  } | null;
}

/** Reads an ereport, or says why it cannot be read. */
export function readPsuEreport(ereport: Ereport): PsuEreport | { unreadable: string } {
  const kind = kindOf(ereport.class);
  if (!kind) return { unreadable: `the class ${ereport.class ?? '(none)'} says nothing of a unit` };
  const reporter = PowerShelfReporter.safeParse(ereport.reporter);
  if (!reporter.success) return { unreadable: `the reporter is no power shelf: ${wordsOf(reporter.error)}` };
  const body = PsuBody.safeParse(ereport.body);
  if (!body.success) return { unreadable: `the body is not that of a power shelf: ${wordsOf(body.error)}` };
  const { fruid, slot, baseboard_rev: revision } = body.data;
  return {
    kind,
    ereport,
    rackId: reporter.data.rackId,
    shelf: reporter.data.slot,
    slot,
    baseboard: baseboardOf(ereport, revision ?? null),
    identity: fruid
      ? {
          manufacturer: fruid.mfr,
          partNumber: fruid.mpn,
          firmwareRevision: fruid.fw_rev,
          serialNumber: fruid.serial,
        }
      : null,
  };
}

/** A name of the place, which no two places share. */
export function placeOf({ rackId, shelf, slot }: PsuEreport): string {
  return `PSU ${slot} of power shelf ${shelf} in rack ${rackId}`;
}

function kindOf(name: string | null): PsuEreport['kind'] | null {
  if (name === INSERTED) return 'inserted';
  return name === REMOVED ? 'removed' : null;
}

function baseboardOf(
  { partNumber, serialNumber }: Ereport,
  revision: number | null,
): PsuEreport['baseboard'] {
  const part = BaseboardText.safeParse(partNumber);
  const serial = BaseboardText.safeParse(serialNumber);
  if (!part.success || !serial.success || revision === null) return null;
  return { partNumber: part.data, serialNumber: serial.data, revision };
}

function wordsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
