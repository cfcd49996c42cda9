import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Configuration } from '../../src/model/configuration.ts';
import { TestService } from '../api/harness.ts';
import { aChildOf, aSitrep, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start({ worker: false });
});
afterEach(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const versionsKept = () => service.api.count('fm_sitrep_history');

async function configure(expectedVersion: number, fields: Partial<Configuration>): Promise<void> {
  const body = { expectedVersion, author: 'karl', configuration: fields };
  const headers = { 'content-type': 'application/json' };
  expect((await service.api.ask('PUT', '/v1/configuration', { body, headers })).status).toBe(200);
}

async function submitChain(length: number): Promise<Sent> {
  const sitreps = [aSitrep()];
  while (sitreps.length < length) sitreps.push(aChildOf(sitreps.at(-1) as Sent));
  for (const sent of sitreps) expect((await service.api.submit(sent)).status).toBe(201);
  return sitreps.at(-1) as Sent;
}

async function tendPrunes(): Promise<{ dryRun: number; run: number }> {
  const pruned = async (dryRun: boolean) =>
    (await service.api.post(`/v1/tend?dryRun=${dryRun}`, undefined)).body.found.versionsPruned.count;
  return { dryRun: await pruned(true), run: await pruned(false) };
}

test('a running worker keeps as many versions as the configuration says, from the next step on', async () => {
  await service.startWorker();
  const head = await submitChain(5);
  expect(await versionsKept()).toBe(5);
  await configure(0, { keepVersions: 4 });
  expect(await tendPrunes()).toEqual({ dryRun: 1, run: 1 });
  expect(await versionsKept()).toBe(4);
  await configure(1, { keepVersions: 2 });
  expect((await service.api.submit(aChildOf(head))).status).toBe(201);
  expect(await versionsKept()).toBe(2);
});

test('what the environment of a worker says goes before the configuration', async () => {
  await configure(0, { keepVersions: 1 });
  await service.startWorker({ SITREP_KEEP_VERSIONS: '3' });
  await submitChain(5);
  expect(await versionsKept()).toBe(3);
  expect(await tendPrunes()).toEqual({ dryRun: 0, run: 0 });
});

test('a configuration that the worker cannot read stops nothing', async () => {
  await configure(0, { keepVersions: 3 });
  await service.api.db.pool.query(
    `INSERT INTO configuration (version, document, author, comment) VALUES (2, '{"keepVersions": "1"}', 'x', '')`,
  );
  await service.startWorker();
  await submitChain(5);
  expect(await versionsKept()).toBe(3);
});
