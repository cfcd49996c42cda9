import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { externalTemporal } from '../../src/local/external-temporal.ts';
import { temporaryFolder } from './own-processes.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder, 'temporal.toml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('without a variable and without a file there is none', () => {
  expect(externalTemporal({ TEMPORAL_CONFIG_FILE: file })).toBeNull();
});

test('a namespace alone names no server', () => {
  expect(externalTemporal({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_NAMESPACE: 'fleet' })).toBeNull();
});

test('TEMPORAL_ADDRESS names one, in the namespace `default` unless another is given', () => {
  const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_ADDRESS: 'temporal.example:7233' };
  expect(externalTemporal(env)).toEqual({
    address: 'temporal.example:7233',
    namespace: 'default',
    connectionOptions: { address: 'temporal.example:7233' },
  });
  expect(externalTemporal({ ...env, TEMPORAL_NAMESPACE: 'fleet' })?.namespace).toBe('fleet');
});

test('a profile of the configuration file names one, with its key and encryption', async () => {
  await writeFile(
    file,
    '[profile.cloud]\naddress = "cloud.example:7233"\nnamespace = "fleet"\napi_key = "k"\n',
  );
  expect(externalTemporal({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' })).toEqual({
    address: 'cloud.example:7233',
    namespace: 'fleet',
    connectionOptions: { address: 'cloud.example:7233', apiKey: 'k', tls: true },
  });
});
