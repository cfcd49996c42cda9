/** Ids that a reader of a failed run can tell apart; in their order, they are not in the order of their numbers. */
const KINDS = { sitrep: '5e', case: 'ca', alert: 'a1', restart: 'e0' } as const;
const LETTERS: Record<string, string> = { '5e': 's', ca: 'c', a1: 'a', e0: 'e' };

export function idOf(kind: keyof typeof KINDS, number: number): string {
  const scattered = ((number * 157) % 256).toString(16).padStart(2, '0');
  return `${KINDS[kind]}${scattered}0000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** The same text with `s3` for the third sitrep's id, `a2` for the second alert's. */
export function readable(text: string): string {
  return text.replaceAll(
    /(5e|ca|a1|e0)[0-9a-f]{2}0000-0000-4000-8000-0*(\d+)/g,
    (_, kind: string, number: string) => `${LETTERS[kind]}${number}`,
  );
}
