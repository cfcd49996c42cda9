import { z } from 'zod';

const FRACTION = /\.(\d+)/;
/** From 1970 to 9999, in UTC: beyond, neither JavaScript nor Postgres writes a time as RFC 3339 does. */
const IN_RANGE = /^(?:19[7-9]|[2-9]\d\d)\d-/;

/** A time as RFC 3339 on the way in; UTC and to the microsecond, which is what Postgres holds, from there on. */
export const Moment = z.iso
  .datetime({ offset: true, abort: true, error: 'must be a date and time as in RFC 3339' })
  .overwrite(inUtc)
  .refine((text) => IN_RANGE.test(text), 'must be from 1970 on, and before the year 10000');

const UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/;

/** A Date would lose three digits, and takes its time, too: most are in UTC already. */
function inUtc(text: string): string {
  const [, whole, fraction = ''] = UTC.exec(text) ?? [];
  if (whole !== undefined) return `${whole}.${inMicroseconds(fraction)}Z`;
  const seconds = new Date(text.replace(FRACTION, ''));
  if (Number.isNaN(seconds.getTime())) return text;
  return seconds.toISOString().replace('.000Z', `.${inMicroseconds(FRACTION.exec(text)?.[1] ?? '')}Z`);
}

function inMicroseconds(fraction: string): string {
  return fraction.slice(0, 6).padEnd(6, '0');
}
