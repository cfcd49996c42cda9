import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { Ena } from '../model/ena.ts';
import { Id } from '../model/id.ts';
import { readDuration } from './duration.ts';

// What may stand for an argument or an option; commander says which one it was that may not.

export const REF = 'id, vN (a version) or current';

export function sitrepRef(text: string): string {
  if (text === 'current' || /^v[1-9][0-9]{0,15}$/.test(text) || Id.safeParse(text).success) return text;
  throw new InvalidArgumentError(`It must be an ${REF}.`);
}

/** A version of history, as it is named everywhere: `v12`. */
export function historyVersion(text: string): number {
  if (/^v[1-9][0-9]{0,14}$/.test(text)) return Number(text.slice(1));
  throw new InvalidArgumentError('It must be v and a version, such as v12.');
}

export function uuid(text: string): string {
  const parsed = Id.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be a UUID.');
}

export function ena(text: string): string {
  const parsed = Ena.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be an unsigned number of 64 bits, 0x… or decimal.');
}

const MOST = 100_000;

export function count(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= 1 && value <= MOST) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST.toLocaleString('en')}.`);
}

/** Of the configuration; 0 is what holds before any was set. */
export function version(text: string): number {
  if (/^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a version, in digits, such as 12.');
}

export function author(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}

export function port(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

/** Of an option that may be given more than once. */
export function collected(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export function duration(text: string): number {
  const seconds = readDuration(text);
  if (seconds !== null) return seconds;
  throw new InvalidArgumentError('It must be a duration such as 90s, 5m, 2h or 3d.');
}

const Time = z.iso.datetime({ offset: true });

export const SINCE = 'a time (RFC 3339), or how long ago, such as 2h or 3d';

/** As RFC 3339, whichever way it was said. */
export function since(text: string): string {
  const ago = readDuration(text);
  if (ago !== null) return new Date(Date.now() - ago * 1_000).toISOString();
  if (Time.safeParse(text).success) return text;
  throw new InvalidArgumentError(`It must be ${SINCE}.`);
}

/** Seconds before each attempt. */
export function retryDelays(text: string): number[] {
  return text.split(',').map((delay) => duration(delay === '0' ? '0s' : delay));
}
