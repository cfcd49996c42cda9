import { z } from 'zod';
import { Ena } from '../model/ena.ts';
import { Id } from '../model/id.ts';
import type { Page } from '../model/views.ts';

/** A client sent a cursor that no page of ours ended with. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

/** Where a page ended, in the order of all lists: newest first, then by id. */
export interface Position {
  time: string;
  id: string;
}

/** The same in the list of ereports, which it takes a restart id and an ENA to name. */
export interface EreportPosition extends Position {
  ena: string;
}

const Time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .refine((time) => !Number.isNaN(Date.parse(time)));
const Wire = z.tuple([Time, Id]);
const EreportWire = z.tuple([Time, Id, Ena]);

/** A timestamp as text, in UTC and to the microsecond: a Date would lose three digits, and rows with them. */
export function timeAsText(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

export function readCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const [time, id] = parse(cursor, Wire);
  return { time, id };
}

export function readEreportCursor(cursor: string | undefined): EreportPosition | null {
  if (cursor === undefined) return null;
  const [time, id, ena] = parse(cursor, EreportWire);
  return { time, id, ena };
}

function parse<Schema extends z.ZodType>(cursor: string, wire: Schema): z.output<Schema> {
  try {
    return wire.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new BadCursor('must be the nextCursor of an earlier page');
  }
}

/** Makes a page of rows of which one more was read than asked for. */
export function pageOf<Item>(
  rows: Item[],
  limit: number,
  position: (item: Item) => Position | EreportPosition,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null };
  const { time, id, ...more } = position(last);
  const wire = [time, id, ...Object.values(more)];
  return { items, nextCursor: Buffer.from(JSON.stringify(wire)).toString('base64url') };
}

/** Of lists whose items are numbered: the version at which the page before ended. */
export function readVersionCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor);
  throw new BadCursor('must be the nextCursor of an earlier page');
}

export function versionPageOf<Item extends { version: number }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? String(last.version) : null };
}
