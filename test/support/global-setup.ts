import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { maintenance, startPostgres } from '../../src/local/postgres.ts';
import { startTemporalServer } from '../../src/local/temporal-server.ts';
import { migrate } from '../../src/store/migrate.ts';
import { bundleWorkflows } from '../../src/worker/bundle.ts';
import { findTestServer } from './test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The maintenance database `postgres` of the suite's server. */
    postgresUrl: string;
    /** The real Temporal server. */
    temporalAddress: string;
    /** The executable of the time-skipping server. */
    testServerPath: string;
    /** A file with the bundled workflows. */
    workflowBundle: string;
  }
}

/** Brings up, once for the whole suite, what takes too long to do in each test file. */
export default async function setUp(project: TestProject) {
  const dataDir = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-test-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  const tearDown = async () => {
    for (const step of undo.reverse()) await step();
  };

  const parts = await Promise.allSettled([
    setUpPostgres(dataDir).then((postgres) => {
      undo.push(postgres.stop);
      project.provide('postgresUrl', maintenance(postgres.url));
    }),
    startTemporalServer({ dataFile: null, logFolder: join(dataDir, 'logs'), report, ui: false }).then(
      (temporal) => {
        undo.push(temporal.stop);
        project.provide('temporalAddress', temporal.address);
      },
    ),
    findTestServer(report).then((path) => project.provide('testServerPath', path)),
    setUpBundle(join(dataDir, 'workflows.js')).then((file) => project.provide('workflowBundle', file)),
  ]);
  const failed = parts.find((part) => part.status === 'rejected');
  if (!failed) return tearDown;
  await tearDown();
  throw failed.reason;
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function setUpPostgres(dataDir: string) {
  const postgres = await startPostgres({
    dataDir,
    report,
    // Nothing here outlives the machine's power supply.
    settings: { fsync: 'off', max_connections: '300' },
  });
  await createTemplate(postgres.url);
  return postgres;
}

/** `createDatabase` clones it: migrating each test file's database anew takes longer. */
async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenance(url) });
  await client.connect();
  await client.query('CREATE DATABASE sitrep_template');
  await client.end();
  await migrate(Object.assign(new URL(url), { pathname: '/sitrep_template' }).href);
}

async function setUpBundle(file: string): Promise<string> {
  await bundleWorkflows(file);
  return file;
}
