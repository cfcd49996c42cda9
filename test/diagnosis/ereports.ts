import { readFileSync } from 'node:fs';
import type { Ereport } from '../../src/diagnosis/ereport.ts';
import { formatEna } from '../../src/model/ena.ts';
import { idOf } from '../cli/views.ts';

export const NOON = Date.parse('2026-11-20T12:00:00Z');

/** A time, in seconds from noon. */
export function at(seconds: number): string {
  return new Date(NOON + seconds * 1_000).toISOString();
}

/** An ereport as it was recorded on a real machine, with what the service reads off its body. */
export function recorded(name: 'psu-remove' | 'psu-insert', change: Partial<Ereport> = {}): Ereport {
  const file = new URL(`../../examples/ereports/${name}.json`, import.meta.url);
  const { body, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    ...rest,
    body,
    class: body.k,
    serialNumber: body.baseboard_serial_number,
    partNumber: body.baseboard_part_number,
    ...change,
  };
}

const REMOVED = recorded('psu-remove');
const INSERTED = recorded('psu-insert');

/** That a unit came or went: in which restart (1, 2, …), as its how-manyth ereport, and how long after noon. */
export interface PsuStory {
  kind: 'removed' | 'inserted';
  restart?: number;
  nth?: number;
  seconds?: number;
  slot?: number;
  body?: Record<string, unknown>;
}

export function psu({ kind, restart = 1, nth = 1, seconds = nth, slot = 4, body = {} }: PsuStory): Ereport {
  const original = kind === 'removed' ? REMOVED : INSERTED;
  return {
    ...original,
    restartId: idOf(0xa00 + restart),
    ena: formatEna(BigInt(nth)),
    timeCollected: at(seconds),
    body: { ...original.body, slot, rail: `V54_PSU${slot}`, refdes: `PSU${slot}`, ...body },
  };
}

/** An ereport that only a threshold may care about. */
export function anError(seconds: number, change: Partial<Ereport> = {}): Ereport {
  return {
    restartId: idOf(0xb00),
    ena: formatEna(BigInt(Math.round(seconds * 1_000) + 1_000_000_000)),
    reporter: { type: 'source', source: 'disks' },
    class: 'disk.io.error',
    serialNumber: null,
    partNumber: null,
    body: { disk: 'd0' },
    timeCollected: at(seconds),
    ...change,
  };
}
