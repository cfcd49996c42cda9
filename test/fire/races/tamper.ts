import type pg from 'pg';
import { statementOf } from '../../support/statement.ts';

// Stands between the store and its connections: to stop a transaction of several statements between two of
// them, or to take out a guard that is a statement of the store's, without touching the store.

export interface Statement {
  text: string;
  values: unknown[];
  /** Whose session it is. */
  actor: string;
}
export type Send = (statement: Statement) => Promise<pg.QueryResult>;

/** Sees each statement on its way, and sends it, or something else, or answers by itself. */
export type Layer = (statement: Statement, send: Send) => Promise<pg.QueryResult>;

/** Puts `layers`, the first outermost, around every connection that the pool will open. */
export function tamperWith(pool: pg.Pool, actor: string, layers: () => Layer[]): void {
  pool.on('connect', (client) => {
    const original = client.query;
    const really: Send = ({ text, values }) => Reflect.apply(original, client, [text, values]);
    const query = (...call: unknown[]) => {
      // One that the store has prepared is sent as if it had not: a layer may change it.
      const statement = statementOf(call);
      if (!statement) return Reflect.apply(original, client, call);
      const send = layers().reduceRight<Send>((next, layer) => (one) => layer(one, next), really);
      const result = send({ ...statement, actor });
      const callback = call.at(-1);
      if (typeof callback !== 'function') return result;
      // How the pool itself sends.
      return result.then(
        (answer) => callback(null, answer),
        (error) => callback(error),
      );
    };
    Object.assign(client, { query });
  });
}
