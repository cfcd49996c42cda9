import type pg from 'pg';

/** The text and the values of what `query` was called with; null for a stream of COPY. */
export function statementOf([first, second]: readonly unknown[]): { text: string; values: unknown[] } | null {
  const { text, values } = isPrepared(first) ? first : { text: first, values: second };
  return typeof text === 'string' ? { text, values: Array.isArray(values) ? values : [] } : null;
}

function isPrepared(query: unknown): query is pg.QueryConfig {
  return typeof query === 'object' && query !== null && 'name' in query && 'text' in query;
}
