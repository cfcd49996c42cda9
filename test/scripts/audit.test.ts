import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** npm keeps what it was told of an advisory. */
let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'sitrep-audit-'));
});
afterEach(() => rm(cache, { recursive: true }));

let registry: Server | null = null;
afterEach(() => registry?.close());

/** A registry of npm's that knows these advisories, by package, and nothing else. */
async function registryWith(advisories: Record<string, object[]>): Promise<string> {
  const server = createServer((request, response) => {
    const isAsked = request.url === '/-/npm/v1/security/advisories/bulk';
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAsked ? advisories : {}));
  });
  registry = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const advisory = (severity: string) => ({
  id: 1,
  url: `https://advisories.example/${severity}`,
  title: 'Reads what it should not',
  severity,
  vulnerable_versions: '>=0',
  cwe: [],
  cvss: { score: 0, vectorString: null },
});

function audit(url: string): Promise<{ code: number; out: string }> {
  const own = { npm_config_registry: url, npm_config_cache: cache, npm_config_update_notifier: 'false' };
  const env = { ...process.env, ...own };
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/audit.ts'], { env }, (error, out) => {
      resolve({ code: error ? Number(error.code) : 0, out });
    });
  });
}

test('an advisory of high severity fails the check, and is named with where to read of it', async () => {
  const { code, out } = await audit(await registryWith({ fastify: [advisory('high')] }));
  expect(out).toContain('Advisories: 1, of them 1 of high severity or above.');
  expect(out).toContain('high: fastify >=0: Reads what it should not (https://advisories.example/high)');
  expect(code).toBe(1);
});

test('one of less is named, and fails nothing', async () => {
  const { code, out } = await audit(await registryWith({ fastify: [advisory('moderate')] }));
  expect(out).toContain('Advisories: 1, of them 0 of high severity or above.');
  expect(out).toContain('moderate: fastify');
  expect(code).toBe(0);
});

test('what is only used in development is not asked about', async () => {
  const { code, out } = await audit(await registryWith({ vitest: [advisory('critical')] }));
  expect(out).toBe('Advisories: 0, of them 0 of high severity or above.\n');
  expect(code).toBe(0);
});

test('a registry that cannot be asked fails nothing, and the check says that it was skipped, and why', async () => {
  const { code, out } = await audit('http://127.0.0.1:9/');
  expect(out).toMatch(/could not be asked, so this check was skipped: .*127\.0\.0\.1:9/);
  expect(code).toBe(0);
});
