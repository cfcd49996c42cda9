import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maintenance, startPostgres } from '../src/local/postgres.ts';
import { startTemporalServer } from '../src/local/temporal-server.ts';

export interface Servers {
  postgresUrl: string;
  temporalAddress(): Promise<string>;
  stop(): Promise<void>;
}

/** Postgres and, once it is asked for, Temporal; both as the local stack runs them, in a temporary folder. */
export async function startServers(report: (line: string) => void): Promise<Servers> {
  const dataDir = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-bench-'));
  const postgres = await startPostgres({ dataDir, report });
  let temporal: ReturnType<typeof startTemporalServer> | undefined;
  return {
    postgresUrl: maintenance(postgres.url),
    async temporalAddress() {
      temporal ??= startTemporalServer({
        dataFile: join(dataDir, 'temporal.sqlite'),
        logFolder: join(dataDir, 'logs'),
        report,
        ui: false,
      });
      return (await temporal).address;
    },
    async stop() {
      await (await temporal?.catch(() => undefined))?.stop();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
