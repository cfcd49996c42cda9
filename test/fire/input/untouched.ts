import type pg from 'pg';
import { expect } from 'vitest';
import { tableTexts } from '../../support/invariants.ts';

/** How often the tables are compared to the last character; in between, by what changes with any write. */
const WHOLE = 50;

/** Watches tables in which nothing may be written. */
export class Untouched {
  readonly #pool: pg.Pool;
  readonly #statement: string;
  #marks = '';
  #texts: Record<string, string[]> = {};
  #looks = 0;

  private constructor(pool: pg.Pool, tables: string[]) {
    this.#pool = pool;
    // Inserts and updates bring a new xmin, and deletes another count.
    const looks = tables.map(
      (table) => `SELECT '${table}' AS name, count(*), max(xmin::text::bigint) AS youngest FROM ${table}`,
    );
    this.#statement = looks.join(' UNION ALL ');
  }

  static async watch(pool: pg.Pool): Promise<Untouched> {
    const watched = new Untouched(pool, Object.keys(await tableTexts(pool)));
    await watched.accept();
    return watched;
  }

  /** From now on the tables have to stay as they are now. */
  async accept(): Promise<void> {
    this.#marks = await this.#look();
    this.#texts = await tableTexts(this.#pool);
  }

  async check(what: string): Promise<void> {
    const [before, now] = [this.#marks, await this.#look()];
    // Or whatever fast-check tries next, to find the simplest request that does it, would seem to have done it.
    if (now !== before) await this.accept();
    expect(now, what).toBe(before);
    this.#looks += 1;
    if (this.#looks % WHOLE === 0) await this.checkWhole(what);
  }

  async checkWhole(what: string): Promise<void> {
    expect(await tableTexts(this.#pool), what).toEqual(this.#texts);
  }

  async #look(): Promise<string> {
    const { rows } = await this.#pool.query(this.#statement);
    return JSON.stringify(rows);
  }
}
