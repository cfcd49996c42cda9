import { setTimeout as pause } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import type pg from 'pg';
import { type AttemptEnd, retryDelayMs } from '../model/delivery.ts';
import { type Begun, type Ended, endAttempts } from '../store/delivery-attempt.ts';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * Writes down how attempts ended: one transaction at a time, with all that has ended by then. When it fails it is tried
 * again for as long as the activity lives: what was answered 2xx is not sent again because its record was lost.
 */
export class AttemptLog {
  readonly #pool: pg.Pool;
  readonly #receiverId: string;
  readonly #retryDelays: number[];
  #waiting: Ended[] = [];
  #writing: Promise<void> | null = null;

  constructor(pool: pg.Pool, receiverId: string, retryDelays: number[]) {
    this.#pool = pool;
    this.#receiverId = receiverId;
    this.#retryDelays = retryDelays;
  }

  /** Resolves once it is written. */
  async write({ deliveryId, attempt }: Begun, end: AttemptEnd, ended: Date): Promise<void> {
    this.#waiting.push({ deliveryId, attempt, end, ended, nextDue: this.#nextDue(attempt, end, ended) });
    // Whoever comes while a batch is being written goes with the next one, all together, whatever becomes of that.
    if (this.#writing) await this.#writing.catch(() => {});
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  #writeWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    return batch.length === 0 ? Promise.resolve() : this.#persist(batch);
  }

  async #persist(batch: Ended[]): Promise<void> {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      try {
        return await endAttempts(this.#pool, this.#receiverId, batch);
      } catch (error) {
        if (cancellationSignal().aborted) throw error;
        await pause(wait);
      }
    }
  }

  #nextDue(attempt: number, end: AttemptEnd, ended: Date): Date | null {
    if (end.outcome === 'delivered') return null;
    // The receiver has not failed, so it need not be spared.
    if (end.outcome === 'unknown') return ended;
    const delay = retryDelayMs(this.#retryDelays, attempt, end.retryAfter, Math.random());
    return delay === null ? null : new Date(ended.getTime() + delay);
  }
}
