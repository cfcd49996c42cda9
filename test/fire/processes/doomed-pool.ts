import type pg from 'pg';
import { statementOf } from '../../support/statement.ts';
import type { Moment } from './kill-point.ts';

/** Asked at the beginning of each use of the database: at which moment of it the process is to be struck. */
export type Doom = (statement: string) => Moment | null;

type Query = (...input: unknown[]) => Promise<unknown>;

/**
 * The same pool, whose user is struck at a moment of a use of the database: `strike` kills the process, or stops
 * it. What a statement by itself does is held uncommitted by a transaction around it.
 */
export function doomedPool(pool: pg.Pool, doom: Doom, strike: () => Promise<void>): pg.Pool {
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'query') return (...input: unknown[]) => query(target, input);
      if (name === 'connect') return () => connect(target);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

  async function query(target: pg.Pool, input: unknown[]): Promise<unknown> {
    const moment = doom(statementOf(input)?.text ?? '');
    if (moment === 'before') await strike();
    const result = await (moment === 'uncommitted' ? struckInTransaction(target, input) : run(target, input));
    if (moment === 'after') await strike();
    return result;
  }

  async function struckInTransaction(target: pg.Pool, input: unknown[]): Promise<unknown> {
    const client = await target.connect();
    try {
      await client.query('BEGIN');
      const result = await run(client, input);
      await strike();
      await client.query('COMMIT');
      return result;
    } finally {
      client.release();
    }
  }

  async function connect(target: pg.Pool): Promise<pg.PoolClient> {
    const moment = doom('BEGIN');
    if (moment === 'before') await strike();
    const client = await target.connect();
    return moment === null || moment === 'before' ? client : doomedClient(client, moment, strike);
  }
}

/** Struck right before or right after its COMMIT. */
function doomedClient(client: pg.PoolClient, moment: Moment, strike: () => Promise<void>): pg.PoolClient {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return (...input: unknown[]) => (input[0] === 'COMMIT' ? commit(target) : run(target, input));
    },
  });

  async function commit(target: pg.PoolClient): Promise<unknown> {
    if (moment === 'uncommitted') await strike();
    const result = await target.query('COMMIT');
    if (moment === 'after') await strike();
    return result;
  }
}

/** As it came: of the overloads of `query` some return a stream. */
function run(target: pg.Pool | pg.PoolClient, input: unknown[]) {
  return Reflect.apply(target.query as Query, target, input);
}
