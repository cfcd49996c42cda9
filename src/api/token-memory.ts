import { hasTokenForm, tokenHash } from '../model/token.ts';
import { findHolder, type Holder } from '../store/token.ts';
import type { Queryable } from '../store/transaction.ts';

/**
 * For so long a token is taken for what it was, so that a busy one doesn't ask the database at each request. A token that
 * is revoked is refused by every API after this time at the latest; one that expires, at once.
 */
export const MEMORY = 5_000;
/**
 * For so long who comes shares the answer that another one waits for. Then the database is asked once more: over another
 * connection, for that of the first may be dead, and nobody hears of it for minutes.
 */
export const SHARED = 2_000;
/** Tokens that are remembered; beyond, the oldest are forgotten. */
const REMEMBERED = 10_000;

interface Remembered {
  holder: Promise<Holder | null>;
  /** By the clock of `performance`. */
  until: number;
}

/** Who has which token, asked of the database and remembered for a moment. */
export class TokenMemory {
  readonly #database: Queryable;
  readonly #remembered = new Map<string, Remembered>();

  constructor(database: Queryable) {
    this.#database = database;
  }

  /** Null when nobody has it; who comes while the database is asked shares the answer. */
  holderOf(token: string): Promise<Holder | null> {
    if (!hasTokenForm(token)) return Promise.resolve(null);
    const hash = tokenHash(token);
    const key = hash.toString('base64');
    const known = this.#remembered.get(key);
    if (known && performance.now() < known.until) return known.holder;
    const asked = { holder: findHolder(this.#database, hash), until: performance.now() + SHARED };
    this.#remember(key, asked);
    asked.holder.then(
      (holder) => {
        // Of those that nobody has there is no end, so none is remembered.
        const left = (holder?.secondsLeft ?? Number.POSITIVE_INFINITY) * 1_000;
        if (!holder || left <= 0) this.#forget(key, asked);
        else asked.until = performance.now() + Math.min(MEMORY, left);
      },
      () => this.#forget(key, asked),
    );
    return asked.holder;
  }

  /** Here, what was revoked here is refused at once. */
  forgetAll(): void {
    this.#remembered.clear();
  }

  #remember(key: string, asked: Remembered): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, asked);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }

  #forget(key: string, asked: Remembered): void {
    if (this.#remembered.get(key) === asked) this.#remembered.delete(key);
  }
}
