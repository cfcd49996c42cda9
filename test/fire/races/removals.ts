import { sqlState } from '../../../src/store/transaction.ts';
import { dropConstraint, replaceInFunction } from './instrument.ts';
import type { Removal } from './race.ts';

// The ways to take a guard out.

export function inFunction(name: string, text: string, by: string): Removal {
  return ({ pool }) => replaceInFunction(pool, name, text, by);
}

export function inStatement(text: string, by: string, only?: { actor: string; nth: number }): Removal {
  return (arena) => arena.rewrite(text, by, only);
}

/** Given as `table.constraint`. */
export function withoutConstraint(constraint: string): Removal {
  return ({ pool }) => dropConstraint(pool, constraint);
}

export function withoutSetting(name: string): Removal {
  return (arena) => arena.settingsOut.add(name);
}

export function all(...removals: Removal[]): Removal {
  return async (arena) => {
    for (const remove of removals) await remove(arena);
  };
}

/** The store no longer knows this error by its SQLSTATE. */
export function unrecognised(state: string): Removal {
  return ({ layers }) =>
    layers.push((statement, send) =>
      send(statement).catch((error: unknown) => {
        throw sqlState(error) === state ? new Error((error as Error).message) : error;
      }),
    );
}

/** Whether the parent is the head is asked in a statement of its own, before its requests are looked at. */
export const headAskedBefore: Removal = ({ layers }) => {
  let isHead: boolean | null = null;
  layers.push(async (statement, send) => {
    if (statement.text.includes('SELECT alert_generation FROM fm_sitrep')) {
      const ask = 'SELECT sitrep_id = $1 AS answer FROM fm_sitrep_head';
      isHead = (await send({ ...statement, text: ask })).rows[0]?.answer ?? null;
    }
    const result = await send(statement);
    if (isHead === null || !statement.text.includes('"usedRequestIds"')) return result;
    return { ...result, rows: result.rows.map((row) => ({ ...row, isHead })) };
  });
};
