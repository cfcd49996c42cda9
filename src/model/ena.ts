import { z } from 'zod';

const MAX_ENA = 2n ** 64n - 1n;
/** Without flags: the OpenAPI document shows it, and patterns of JSON Schema have none. */
const SPELLING = /^(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})$/;

/**
 * An ENA (error numeric association): an unsigned 64-bit number that, with the restart id, names an
 * ereport. A string on the wire, since JSON numbers lose the upper bits; `0x…` or decimal on input,
 * `0x…` in lower case on output.
 */
export const Ena = z
  .string()
  .regex(SPELLING, 'must be an unsigned 64-bit number as a string, 0x… or decimal')
  .refine((value) => !SPELLING.test(value) || BigInt(value) <= MAX_ENA, 'must be less than 2^64')
  .overwrite((value) => (SPELLING.test(value) ? formatEna(BigInt(value)) : value));

export function formatEna(ena: bigint): string {
  return `0x${ena.toString(16)}`;
}

/** The order of ENAs in their normal form, which has no leading zeros: so a longer one is the larger number. */
export function compareEna(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
