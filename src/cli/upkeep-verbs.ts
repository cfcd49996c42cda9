import type { Migrated } from '../store/migrate.ts';
import { databaseFailure, requireDatabaseUrl } from './database-url.ts';
import type { Outcome, Session } from './session.ts';
import { tendInWords } from './words/tend.ts';

export async function tend({ client, terminal }: Session, options: { dryRun?: boolean }): Promise<Outcome> {
  const report = await client.tend(options.dryRun ?? false);
  terminal.data(report, (style) => tendInWords(report, style));
  return 'done';
}

export async function migrate({ world, terminal }: Session): Promise<Outcome> {
  const databaseUrl = requireDatabaseUrl(world.env);
  const store = await import('../store/migrate.ts');
  const result = await store.migrate(databaseUrl).catch(databaseFailure);
  terminal.data(result, () => migratedInWords(result));
  return 'done';
}

function migratedInWords({ applied, newer }: Migrated): string {
  if (newer.length > 0)
    return `The schema is that of the next version (${newer}), which this one works with.`;
  return applied.length === 0 ? 'The schema was up to date.' : `Applied ${applied.join(', ')}.`;
}
