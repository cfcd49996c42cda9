import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findOnPath, firstFound } from '../../src/local/chain.ts';
import { findTemporal } from '../../src/local/temporal-program.ts';
import { findTestServer } from '../support/test-server.ts';
import { temporaryFolder } from './own-processes.ts';

let folder: string;
/** An environment with nothing on the PATH, an empty cache, and no way out to the network. */
let bare: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await temporaryFolder();
  const nowhere = 'http://127.0.0.1:9';
  bare = { PATH: '', XDG_CACHE_HOME: folder, HTTPS_PROXY: nowhere, https_proxy: nowhere };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the sources are asked in order, and those after the first that has it are not', async () => {
  const asked: string[] = [];
  const source = (name: string, found: { path: string } | { missing: string }) => ({
    name,
    async look() {
      asked.push(name);
      return found;
    },
  });
  const path = await firstFound(
    'A thing',
    [source('a', { missing: 'no' }), source('b', { path: '/b' }), source('c', { path: '/c' })],
    '',
  );
  expect(path).toBe('/b');
  expect(asked).toEqual(['a', 'b']);
});

test('without any Temporal server the error says what was tried and what to install', async () => {
  const message = await refusal(findTemporal({ env: bare, report: () => {} }));
  expect(message).toMatch(/^A Temporal server was not found. Tried:/);
  expect(message).toContain('  - PATH: there is no `temporal`');
  expect(message).toContain(`  - ${folder}/sitrep: nothing yet`);
  expect(message).toMatch(/ {2}- download by the Temporal SDK: .*download/);
  expect(message).toContain('  - go install (v1.5.1): there is no `go`');
  expect(message).toMatch(/Install the Temporal CLI .*TEMPORAL_ADDRESS/);
});

test('without any time-skipping server the error says so, too', async () => {
  const message = await refusal(findTestServer(() => {}, { env: bare }));
  expect(message).toMatch(/^A time-skipping Temporal server was not found. Tried:/);
  expect(message).toContain('  - Maven: there is no `java`');
  expect(message).toMatch(/Install Java 11 or newer and Maven/);
});

test('`temporal` on the PATH is taken before anything is downloaded or built', async () => {
  const program = await executable(join(folder, 'bin', 'temporal'));
  const env = { ...bare, PATH: `/nowhere:${dirname(program)}` };
  expect(await findTemporal({ env, report: () => {} })).toBe(program);
});

test('a server that was built before is taken from the cache', async () => {
  const program = await executable(join(folder, 'sitrep', 'temporal-v1.5.1', 'temporal'));
  expect(await findTemporal({ env: bare, report: () => {} })).toBe(program);
});

test('a build that fails leaves nothing in the cache and gives its reason', async () => {
  await executable(
    join(folder, 'bin', 'go'),
    'echo half > "$GOBIN/temporal"; echo "no space left" >&2; exit 1',
  );
  const env = { ...bare, PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  const lines: string[] = [];
  for (const attempt of [1, 2]) {
    const message = await refusal(findTemporal({ env, report: (line) => lines.push(line) }));
    expect(message, `attempt ${attempt}`).toContain('  - go install (v1.5.1): no space left');
  }
  expect(lines).toContainEqual(expect.stringContaining('with Go; once, some minutes'));
});

test('a build that is given up is ended', async () => {
  await executable(join(folder, 'bin', 'go'), 'exec sleep 60');
  const controller = new AbortController();
  const finding = findTemporal({
    env: { ...bare, PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
    report: (line) => line.startsWith('building') && controller.abort(new Error('not any more')),
    signal: controller.signal,
  });
  await expect(finding).rejects.toThrow('not any more');
});

test('a file that is not executable is not a program', async () => {
  const file = await executable(join(folder, 'temporal'));
  await chmod(file, 0o644);
  expect(await findOnPath('temporal', { PATH: folder })).toEqual({ missing: 'there is no `temporal`' });
});

async function executable(file: string, script = 'exit 0'): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

function refusal(finding: Promise<string>): Promise<string> {
  return finding.then(
    (path) => `found ${path}`,
    (error: Error) => error.message,
  );
}
