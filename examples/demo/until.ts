import { setTimeout as pause } from 'node:timers/promises';

const WITHIN = 20_000;
const ASK_EVERY = 100;

/** Waits until it is so, within bounds. */
export async function until(complaint: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${complaint} within ${WITHIN / 1000} s.`);
    await pause(ASK_EVERY);
  }
}
