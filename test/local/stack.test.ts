import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listProcesses } from '../../src/local/process-list.ts';
import { type Stack, startStack } from '../../src/local/stack.ts';
import { localEnvironment, serversOf, temporaryFolder } from './own-processes.ts';

const env = localEnvironment();
let dataDir: string;
let lines: string[];
const stacks: Stack[] = [];
const processes: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await temporaryFolder();
  lines = [];
});

afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  for (const stack of stacks.splice(0)) await stack.stop();
  for (const pid of await serversOf(dataDir)) process.kill(pid, 'SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

test('a stack keeps the data of both servers when it is stopped and started again', async () => {
  const first = await start();
  await query(first, 'CREATE TABLE kept AS SELECT 7 AS number');
  await withTemporal(first, (client) =>
    client.workflow.start('nobody', { workflowId: 'kept', taskQueue: 'nobody' }),
  );
  await first.stop();

  const second = await start();
  expect(await query(second, 'SELECT number FROM kept')).toEqual([{ number: 7 }]);
  const kept = await withTemporal(second, (client) => client.workflow.getHandle('kept').describe());
  expect(kept.status.name).toBe('RUNNING');
});

test('nothing runs any more once a stack has stopped, and stopping it again is nothing', async () => {
  const stack = await start();
  expect(await serversOf(dataDir)).toHaveLength(2);
  await stack.stop();
  expect(await serversOf(dataDir)).toEqual([]);
  await stack.stop();
});

test('a second stack on the same folder is refused and does the first no harm', async () => {
  const stack = await start();
  await expect(start()).rejects.toThrow(
    `The data folder ${dataDir} is in use by another Sitrep (process ${process.pid}).`,
  );
  expect(await query(stack, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('what a killed process left running is stopped by the next start, and only then', async () => {
  const killed = await startInProcess();
  await expect(start()).rejects.toThrow(`is in use by another Sitrep (process ${killed.pid}).`);
  const left = await serversOf(dataDir);
  expect(left).toHaveLength(2);

  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(await serversOf(dataDir)).toEqual(left);

  const stack = await start();
  const now = await serversOf(dataDir);
  expect(now).toHaveLength(2);
  expect(now.filter((pid) => left.includes(pid))).toEqual([]);
  for (const name of ['Postgres', 'Temporal']) {
    expect(lines).toContainEqual(expect.stringMatching(`${name}: stopping process .* was killed`));
  }
  expect(await query(stack, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a process that exits without stopping its stack takes the servers with it', async () => {
  const child = await startInProcess();
  const servers = await serversOf(dataDir);
  child.kill('SIGTERM');
  await once(child, 'exit');
  await expect.poll(() => serversOf(dataDir), { timeout: 10_000 }).toEqual([]);
  expect(servers).toHaveLength(2);
});

test('a server that dies is reported with the end of its log', async () => {
  const stack = await start();
  const watched = expect(stack.failed).rejects.toThrow(/^Postgres ended with .*The end of its log/s);
  const running = await listProcesses();
  const postgres = running.find(({ commandLine }) => commandLine.includes(`-D ${dataDir}/postgres`));
  process.kill(postgres?.pid ?? Number.NaN, 'SIGTERM');
  await watched;
});

test('a start that is given up leaves nothing behind', async () => {
  const controller = new AbortController();
  const starting = startStack({
    dataDir,
    env,
    report: (line) => line.startsWith('Postgres: listens') && controller.abort(new Error('not any more')),
    signal: controller.signal,
  });
  await expect(starting).rejects.toThrow('not any more');
  expect(await serversOf(dataDir)).toEqual([]);
  await start();
});

test('servers that the environment names are used, and none is started', async () => {
  const stack = await start({
    DATABASE_URL: 'postgres://somebody:secret@db.example:5432/fleet',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_NAMESPACE: 'fleet',
  });
  expect(stack.databaseUrl).toBe('postgres://somebody:secret@db.example:5432/fleet');
  expect(stack.temporal.connectionOptions).toEqual({ address: 'temporal.example:7233' });
  expect(stack.temporal.namespace).toBe('fleet');
  expect(stack.temporalUiUrl).toBeNull();
  expect(await serversOf(dataDir)).toEqual([]);
  expect(lines.join('\n')).not.toContain('secret');
});

test('a DATABASE_URL that is none is refused without repeating it', async () => {
  await expect(start({ DATABASE_URL: 'secret words' })).rejects.toThrow(/^DATABASE_URL is not a URL such as/);
});

async function start(more: NodeJS.ProcessEnv = {}): Promise<Stack> {
  const stack = await startStack({ dataDir, env: { ...env, ...more }, report: (line) => lines.push(line) });
  stacks.push(stack);
  return stack;
}

async function startInProcess(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'stack-process.ts');
  const child = spawn(process.execPath, [script, dataDir], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function query(stack: Stack, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function withTemporal<Result>(stack: Stack, use: (client: Client) => Promise<Result>): Promise<Result> {
  const connection = await Connection.connect(stack.temporal.connectionOptions);
  try {
    return await use(new Client({ connection, namespace: stack.temporal.namespace }));
  } finally {
    await connection.close();
  }
}
