import type pg from 'pg';
import { until } from '../../support/until.ts';

/** A place where an actor of a race stops until the test lets it go on. */
export interface Gate {
  /**
   * Resolves once the actor stands there. Rejects with what `work`, in which it should come there, ended with
   * instead.
   */
  reached(work: Promise<unknown>): Promise<void>;
  open(): Promise<void>;
}

const WENT_PAST = 'It ended without coming to the gate.';

/** A gate inside Postgres: whoever comes to it waits for an advisory lock that a session of the test's holds. */
export async function advisoryGate(pool: pg.Pool, lock: number): Promise<Gate> {
  let holder: pg.PoolClient | null = await pool.connect();
  await holder.query('SELECT pg_advisory_lock($1)', [lock]);
  return {
    async reached(work) {
      let throwEnd: (() => never) | null = null;
      const ended = (end: unknown) => {
        throwEnd = () => {
          throw end;
        };
      };
      work.then(() => ended(new Error(WENT_PAST)), ended);
      await until(async () => {
        const { rows } = await pool.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          [lock],
        );
        if (rows.length > 0) return true;
        throwEnd?.();
        return null;
      }, 'Nobody came to the gate.');
    },
    async open() {
      const held = holder;
      holder = null;
      await held?.query('SELECT pg_advisory_unlock($1)', [lock]);
      held?.release();
    },
  };
}

/** A gate in this process: `pass` is what comes to it. */
export function localGate(): Gate & { pass(): Promise<void> } {
  const came = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    pass() {
      came.resolve();
      return opened.promise;
    },
    async reached(work) {
      const ended = work.then(() => Promise.reject(new Error(WENT_PAST)));
      await Promise.race([came.promise, ended]);
    },
    async open() {
      opened.resolve();
    },
  };
}
