import type pg from 'pg';
import { createPool } from '../../../src/store/pool.ts';
import { commitAndMeet } from '../../support/commit.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { aSitrep } from '../../support/document.ts';
import { until } from '../../support/until.ts';
import type { Random } from '../random.ts';
import { advisoryGate, type Gate, localGate } from './gate.ts';
import { hangAt, type Place, waitAt } from './instrument.ts';
import { type Layer, tamperWith } from './tamper.ts';

/** A statement of the store's, by a piece of its text. */
type StatementPlace =
  /** Stops before it is sent. */
  | { beforeStatement: string }
  /** Stops when it has been answered. */
  | { afterStatement: string };

/** A database of its own for one race, in which actors can be stopped and guards be taken out. */
export class Arena {
  readonly pool: pg.Pool;
  /** What stands between the store and every connection of this arena. */
  readonly layers: Layer[] = [];
  /** Changes to statements that were asked for, and never had a statement to change. */
  readonly unmade = new Set<string>();
  /** Session settings of the pool that are taken out. */
  readonly settingsOut = new Set<string>();
  readonly #database: TestDatabase;
  readonly #actors: pg.Pool[] = [];
  readonly #gates: Gate[] = [];
  readonly #begun: Promise<unknown>[] = [];

  static async open(): Promise<Arena> {
    return new Arena(await createDatabase({ max: 40 }));
  }

  private constructor(database: TestDatabase) {
    this.#database = database;
    this.pool = database.pool;
    tamperWith(this.pool, 'test', () => this.layers);
  }

  /**
   * Connections of somebody who takes part in the race, and can be stopped at gates. `haste` shortens all
   * time-outs of its sessions by that factor, so that a race needn't wait as long as a service.
   */
  async actor(name: string, { haste = 1 } = {}): Promise<pg.Pool> {
    const pool = createPool(await this.#url(haste), { max: 5, applicationName: name });
    tamperWith(pool, name, () => this.layers);
    this.#actors.push(pool);
    return pool;
  }

  /** Shuts a gate for one actor; the others go past it. */
  async gate(actor: string, place: Place | StatementPlace): Promise<Gate> {
    const gate =
      'beforeStatement' in place || 'afterStatement' in place
        ? this.#statementGate(actor, place)
        : await this.#databaseGate(actor, place);
    this.#gates.push(gate);
    return gate;
  }

  async #databaseGate(actor: string, place: Place): Promise<Gate> {
    const lock = this.#gates.length + 1;
    await waitAt(this.pool, place, actor, lock);
    return advisoryGate(this.pool, lock);
  }

  #statementGate(actor: string, place: StatementPlace): Gate {
    const gate = localGate();
    const isBefore = 'beforeStatement' in place;
    const text = isBefore ? place.beforeStatement : place.afterStatement;
    this.layers.unshift(async (statement, send) => {
      const isHere = statement.actor === actor && statement.text.includes(text);
      if (isHere && isBefore) await gate.pass();
      const answer = await send(statement);
      if (isHere && !isBefore) await gate.pass();
      return answer;
    });
    return gate;
  }

  /**
   * Replaces a piece of the statements that have it, or of the nth such statement of one actor. A change that
   * is never made is in `unmade`.
   */
  rewrite(text: string, by: string, only?: { actor: string; nth: number }): void {
    this.unmade.add(text);
    let seen = 0;
    this.layers.push((statement, send) => {
      if (!statement.text.includes(text)) return send(statement);
      if (only && (statement.actor !== only.actor || ++seen !== only.nth)) return send(statement);
      this.unmade.delete(text);
      return send({ ...statement, text: statement.text.replace(text, () => by) });
    });
  }

  /** Lets an actor run a statement in a function that doesn't end. */
  hang(actor: string, place: Place): Promise<void> {
    return hangAt(this.pool, place, actor);
  }

  /** Resolves once the actor hangs, or what it does has ended. */
  async hangsOrEnds(actor: string, work: Promise<unknown>): Promise<void> {
    await this.#waitsOrEnds(actor, work, `wait_event = 'PgSleep'`, 'hang');
  }

  /** Begins what is awaited later, or never when the race has failed before. */
  begin<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    this.#begun.push(work);
    return work;
  }

  /** Whether `work`, of which a guard may demand that it waits, has ended; else it waits for a lock. */
  endsBeforeItWaits(actor: string, work: Promise<unknown>): Promise<boolean> {
    const waits = `wait_event_type = 'Lock' AND wait_event <> 'advisory'`;
    return this.#waitsOrEnds(actor, work, waits, 'wait for a lock');
  }

  #waitsOrEnds(actor: string, work: Promise<unknown>, waits: string, inWords: string): Promise<boolean> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    return until(async () => {
      if (ended) return true;
      const { rows } = await this.pool.query(
        `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = $1 AND ${waits}`,
        [actor],
      );
      return rows.length > 0 ? false : null;
    }, `${actor} neither ended nor came to ${inWords}.`);
  }

  /** The sitrep on which the race begins: none, or a current one that is met, after up to two others. */
  async ground(random: Random): Promise<string | null> {
    let parentId: string | null = null;
    for (let count = random.below(4); count > 0; count--) {
      const sent = aSitrep({ parentId }, random.below(3));
      await commitAndMeet(this.pool, sent);
      parentId = sent.id;
    }
    return parentId;
  }

  async close(): Promise<void> {
    for (const gate of this.#gates) await gate.open();
    // When the race has failed, what it began may still wait for something that nobody will do.
    await this.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    await Promise.allSettled(this.#begun);
    for (const actor of this.#actors) await actor.end();
    await this.#database.drop();
  }

  /** An URL with session settings, which come before what the pool asks for. */
  async #url(haste: number): Promise<string> {
    if (this.settingsOut.size === 0 && haste === 1) return this.#database.url;
    const { rows } = await this.pool.query<{ name: string; milliseconds: number }>(
      `SELECT name, setting::integer / $1::integer AS milliseconds FROM pg_settings
        WHERE source = 'client' AND name LIKE '%timeout'`,
      [haste],
    );
    for (const name of this.settingsOut) {
      if (!rows.some((row) => row.name === name)) throw new Error(`No session has a ${name}.`);
    }
    const left = rows.filter(({ name }) => !this.settingsOut.has(name));
    const url = new URL(this.#database.url);
    const options = left.map(({ name, milliseconds }) => `-c ${name}=${milliseconds}`);
    url.searchParams.set('options', options.join(' '));
    return url.href;
  }
}
