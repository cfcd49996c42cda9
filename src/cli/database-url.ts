import { Failure } from './failure.ts';

/** The database that runs elsewhere; `sitrep up` brings its own instead. */
export function requireDatabaseUrl(env: Record<string, string | undefined>): string {
  const url = env.DATABASE_URL;
  if (!url) {
    const hint =
      'Set it to postgres://user:password@host:port/database. `sitrep up` needs none: it brings a database.';
    throw new Failure({ title: 'DATABASE_URL is not set' }, hint);
  }
  return url;
}

/** What a statement to the database failed with, in words. */
export function databaseFailure(error: unknown): never {
  const { message, code } = innermost(error);
  throw new Failure({
    title: 'The database cannot be used',
    detail: message || code || 'No reason given.',
  });
}

/** A host with several addresses fails with one error for each, and no words of its own. */
function innermost(error: unknown): { message: string; code?: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0] as Error;
  return error instanceof Error ? error : { message: String(error) };
}
