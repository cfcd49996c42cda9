import { setTimeout as pause } from 'node:timers/promises';

/** How long an answer counts as new. */
const FRESH_MS = 10_000;
/** And for how long it is better than none, while the next one doesn't come. */
const STALE_MS = 60_000;
/** So long whoever asks waits for a newer one. */
const PATIENCE_MS = 2_500;

/**
 * The latest answer to a question that is dear: asked anew at most every ten seconds, once for all who want to know
 * meanwhile, and waited for only a moment. Null when there is no answer, since the last time it failed or takes too long.
 */
export class Latest<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => number;
  readonly #patienceMs: number;
  #answer: { value: T; at: number } | null = null;
  #asking: Promise<void> | null = null;

  constructor(ask: () => Promise<T>, now = () => performance.now(), patienceMs = PATIENCE_MS) {
    this.#ask = ask;
    this.#now = now;
    this.#patienceMs = patienceMs;
  }

  async value(): Promise<T | null> {
    if (!this.#answer || this.#ageOf(this.#answer) >= FRESH_MS) {
      this.#asking ??= this.#askNow();
      const over = new AbortController();
      const late = pause(this.#patienceMs, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([this.#asking, late]);
      over.abort();
    }
    return this.#answer && this.#ageOf(this.#answer) < STALE_MS ? this.#answer.value : null;
  }

  async #askNow(): Promise<void> {
    try {
      const value = await this.#ask();
      this.#answer = { value, at: this.#now() };
    } catch {
      this.#answer = null;
    } finally {
      this.#asking = null;
    }
  }

  #ageOf({ at }: { at: number }): number {
    return this.#now() - at;
  }
}
