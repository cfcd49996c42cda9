import type { z } from 'zod';
import { type Ereport, type EreportInput, readEreport } from '../src/model/ereport.ts';
import { newId } from '../src/model/id.ts';
import type { ThresholdRule } from '../src/model/threshold-rule.ts';

/** An ereport as its reporter sends it. */
export type SentEreport = z.input<typeof EreportInput>;

/** Between an ereport and the next one of its reporter. */
const PACE_MS = 100;
const SLOTS = 6;

/** A power shelf from which a unit is pulled out, over and over, and put back again. */
export interface Shelf {
  restartId: string;
  rackId: string;
}
/** A host with a fan that stalls. */
export interface Host {
  restartId: string;
  sled: string;
}

export function aShelf(): Shelf {
  return { restartId: newId(), rackId: newId() };
}
export function aHost(): Host {
  return { restartId: newId(), sled: newId() };
}

/** The nth ereport of a shelf. A unit that is put back was pulled out by the one before; the last of an even number is out. */
export function psuEreport({ restartId, rackId }: Shelf, nth: number, startMs: number): SentEreport {
  const slot = Math.ceil(nth / 2) % SLOTS;
  return {
    restartId,
    ena: String(nth + 1),
    reporter: { type: 'sp', spType: 'power_shelf', slot: 0, rackId },
    timeCollected: timeOf(nth, startMs),
    body: {
      k: nth % 2 === 0 ? 'hw.insert.psu' : 'hw.remove.psu',
      slot,
      rail: `V54_PSU${slot}`,
      refdes: `PSU${slot}`,
      baseboard_part_number: '913-0000003',
      baseboard_serial_number: `BRM${rackId.slice(-8)}`,
      baseboard_rev: 8,
      fruid: { mfr: 'Murata-PS', mpn: 'MWOCP68-3600-D-RM', fw_rev: '0701', serial: `LL2216RB00${slot}Z` },
      hubris_task_name: 'sequencer',
      hubris_task_gen: 0,
      hubris_uptime_ms: 1_197_337_481 + nth,
    },
  };
}

/** The nth ereport of a host. */
export function fanEreport({ restartId, sled }: Host, nth: number, startMs: number): SentEreport {
  return {
    restartId,
    ena: String(nth + 1),
    reporter: { type: 'host', sled, slot: 14 },
    timeCollected: timeOf(nth, startMs),
    body: {
      k: 'hw.fan.stall',
      fan: 3,
      baseboard_part_number: '913-0000019',
      baseboard_serial_number: `BRM${sled.slice(-8)}`,
      baseboard_rev: 6,
      rpm: { asked: 7_200, measured: 0, before: 7_188 + (nth % 40) },
      duty: 0.41,
      temperatures: { inlet: 31.5, outlet: 48.25 },
      since_boot_ms: 1_197_337_481 + nth,
      message: 'The tachometer has said nothing for three seconds.',
    },
  };
}

/** What so many reporters have to report, each in its order. One in ten is a power shelf, beginning with the first. */
export function reports(reporters: number, each: number): SentEreport[][] {
  const startMs = Date.now() - each * PACE_MS;
  return Array.from({ length: reporters }, (_, number) => {
    const ereportOf = isShelf(number) ? saidBy(aShelf(), psuEreport) : saidBy(aHost(), fanEreport);
    return Array.from({ length: each }, (_, nth) => ereportOf(nth, startMs));
  });
}

/** Which of so many reporters are power shelves. */
export function isShelf(number: number): boolean {
  return number % 10 === 0;
}

/** So many stalls of one fan within ten minutes are a case that asks for its alert. */
export function fanRule(count: number): ThresholdRule {
  return {
    name: 'fan_stalls',
    class: 'hw.fan.*',
    thing: ['/reporter/sled', '/body/fan'],
    count,
    withinSeconds: 600,
    closeAfterSeconds: 86_400,
    severity: 'warning',
    alertClass: 'threshold.exceeded',
    alertVersion: 0,
  };
}

/** As it comes out of the API's checks. */
export function taken(sent: SentEreport): Ereport {
  const read = readEreport(sent);
  if ('faults' in read) throw new Error(`Not a valid ereport: ${JSON.stringify(read.faults)}`);
  return read.ereport;
}

function saidBy<Reporter>(
  reporter: Reporter,
  ereport: (reporter: Reporter, nth: number, startMs: number) => SentEreport,
): (nth: number, startMs: number) => SentEreport {
  return (nth, startMs) => ereport(reporter, nth, startMs);
}

function timeOf(nth: number, startMs: number): string {
  return new Date(startMs + nth * PACE_MS).toISOString();
}
