import { setTimeout as pause } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import type pg from 'pg';
import { type AttemptEnd, retryDelayMs } from '../model/delivery.ts';
import { type Begun, type Ended, endAttempts, takeBackAttempts } from '../store/delivery-attempt.ts';

/** What ends within so many milliseconds goes together: a commit for few takes as long as one for many. */
const GATHER = 10;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Hears how an attempt ended, and whether it was the last one of its delivery. */
export type OnEnd = (end: AttemptEnd, isLast: boolean) => void;

/**
 * Writes down how attempts ended: one batch at a time, with all that has ended by then. When it fails it is tried again
 * for as long as the activity lives: what was answered 2xx is not sent again because its record was lost.
 */
export class AttemptLog {
  readonly #pool: pg.Pool;
  readonly #receiverId: string;
  readonly #retryDelays: number[];
  readonly #onEnd: OnEnd;
  #ended: Ended[] = [];
  #unsent: Begun[] = [];
  #writing: Promise<void> | null = null;

  constructor(pool: pg.Pool, receiverId: string, retryDelays: number[], onEnd: OnEnd = () => {}) {
    this.#pool = pool;
    this.#receiverId = receiverId;
    this.#retryDelays = retryDelays;
    this.#onEnd = onEnd;
  }

  /** Resolves once it is written. */
  write({ deliveryId, attempt }: Begun, end: AttemptEnd, ended: Date): Promise<void> {
    const nextDue = this.#nextDue(attempt, end, ended);
    this.#onEnd(end, nextDue === null);
    this.#ended.push({ deliveryId, attempt, end, ended, nextDue });
    return this.#written();
  }

  /** Takes back an attempt that was not sent. Resolves once that is written. */
  takeBack(begun: Begun): Promise<void> {
    this.#unsent.push(begun);
    return this.#written();
  }

  async #written(): Promise<void> {
    // Whoever comes while a batch is being written goes with the next one, all together, whatever becomes of that.
    if (this.#writing) await this.#writing.catch(() => {});
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    if (this.#ended.length + this.#unsent.length === 0) return;
    await pause(GATHER);
    const [ended, unsent] = [this.#ended, this.#unsent];
    this.#ended = [];
    this.#unsent = [];
    if (ended.length > 0) await insist(() => endAttempts(this.#pool, this.#receiverId, ended));
    if (unsent.length > 0) await insist(() => takeBackAttempts(this.#pool, unsent));
  }

  #nextDue(attempt: number, end: AttemptEnd, ended: Date): Date | null {
    if (end.outcome === 'delivered') return null;
    // The receiver has not failed, so it need not be spared.
    if (end.outcome === 'unknown') return ended;
    const delay = retryDelayMs(this.#retryDelays, attempt, end.retryAfter, Math.random());
    return delay === null ? null : new Date(ended.getTime() + delay);
  }
}

async function insist(write: () => Promise<void>): Promise<void> {
  for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    try {
      return await write();
    } catch (error) {
      if (cancellationSignal().aborted) throw error;
      await pause(wait);
    }
  }
}
