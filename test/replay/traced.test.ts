import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../../src/worker/bundle.ts';
import { recordedNames } from './histories.ts';
import { replay } from './replays.ts';

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-traced-'));
  await bundleWorkflows(join(folder, 'workflows.js'), { traced: true });
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

test('[I30] every recorded history replays on workflows that trace, which they did not when it was recorded', async () => {
  const names = await recordedNames();
  expect(names.length).toBeGreaterThan(30);
  expect(await replay(join(folder, 'workflows.js'), names)).toEqual(new Map());
}, 60_000);
