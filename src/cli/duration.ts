const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
type Unit = keyof typeof UNITS;

/** Longer is a slip, and soon no time that Postgres or JavaScript can hold. */
const LONGEST = 100 * 365 * UNITS.d;

/** Seconds of `90s`, `5m`, `2h` or `3d`; null for anything else. */
export function readDuration(text: string): number | null {
  const [, count, unit] = /^(\d{1,10})([smhd])$/.exec(text) ?? [];
  if (count === undefined) return null;
  const seconds = Number(count) * UNITS[unit as Unit];
  return seconds <= LONGEST ? seconds : null;
}

/** The same in the largest unit that it is a whole number of. */
export function durationInWords(seconds: number): string {
  const units = Object.keys(UNITS) as Unit[];
  const unit = seconds === 0 ? 's' : (units.find((one) => seconds % UNITS[one] === 0) ?? 's');
  return `${seconds / UNITS[unit]}${unit}`;
}
