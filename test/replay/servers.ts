import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import pg from 'pg';
import { maintenance, startPostgres } from '../../src/local/postgres.ts';
import { startTemporalServer } from '../../src/local/temporal-server.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { bundleWorkflows } from '../../src/worker/bundle.ts';
import { addSearchAttributes } from '../../src/worker/prepare.ts';

/** What a recording needs: servers that have nobody else's data, and the workflows as they are now. */
export interface Servers {
  temporal: { client: Client; nativeConnection: NativeConnection; namespace: string };
  codePath: string;
  /** An empty database with the present schema. */
  openDatabase(name: string): Promise<pg.Pool>;
  stop(): Promise<void>;
}

export async function startServers(report: (line: string) => void): Promise<Servers> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-record-'));
  // Postgres may run as a user of its own, who has to get through to its folder.
  await chmod(folder, 0o755);
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const postgres = await startPostgres({ dataDir: folder, report, settings: { fsync: 'off' } });
    undo.push(postgres.stop);
    await migrate(postgres.url);
    const server = await startTemporalServer({ dataFile: null, logFolder: folder, report, ui: false });
    undo.push(server.stop);
    const temporal = await connect(server.address, server.namespace);
    undo.push(() => temporal.nativeConnection.close());
    const codePath = join(folder, 'workflows.js');
    await bundleWorkflows(codePath);
    return { temporal, codePath, stop, openDatabase: (name) => cloneDatabase(postgres.url, name) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connect(address: string, namespace: string): Promise<Servers['temporal']> {
  const connection = await Connection.connect({ address });
  await addSearchAttributes(connection, namespace, Object.values(SEARCH_ATTRIBUTES));
  await connection.close();
  const nativeConnection = await NativeConnection.connect({ address });
  // Nothing of the machine that records shall be read in a history; the default names it.
  return {
    nativeConnection,
    namespace,
    client: new Client({ connection: nativeConnection, namespace, identity: 'client' }),
  };
}

async function cloneDatabase(url: string, name: string): Promise<pg.Pool> {
  const database = `path_${name.replaceAll('-', '_')}`;
  const client = new pg.Client({ connectionString: maintenance(url) });
  await client.connect();
  await client.query(`CREATE DATABASE ${database} TEMPLATE ${new URL(url).pathname.slice(1)}`);
  await client.end();
  return createPool(Object.assign(new URL(url), { pathname: `/${database}` }).href);
}
