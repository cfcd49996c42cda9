import { Problem } from './problem.ts';

/** What is said of a part that is well. */
export const READY = 'ready';

/** A probe asks every few seconds; an answer that takes longer is as good as none. */
export const PROBE_TIME = 3_000;

/** @throws a problem that says of each part that is not ready what is wrong with it. */
export function demandReady(checks: Record<string, string>): void {
  const wrong = Object.entries(checks).filter(([, fault]) => fault !== READY);
  if (wrong.length === 0) return;
  throw new Problem('unavailable', wrong.map(([part, fault]) => `${part}: ${fault}`).join(' '), { checks });
}

/** What an error says. Of several addresses that were tried, Node tells in a list. */
export function wordsOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ');
  return error.message.replace(/\.$/, '');
}
