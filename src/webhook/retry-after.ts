/** Seconds that a Retry-After header asks for (RFC 9110, 10.2.3): a number, or a date from now on; null if neither. */
export function readRetryAfter(header: string, now: number = Date.now()): number | null {
  if (/^\d{1,10}$/.test(header)) return Number(header);
  // A date begins with a day of the week; without that, Date.parse would make one of -5 or 1.5.
  const date = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}
