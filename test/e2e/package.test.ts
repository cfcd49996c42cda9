import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { newId } from '../../src/model/id.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { CHECKOUT, type InstalledPackage, installPackage } from './installed-package.ts';
import { command, startCommand, until } from './local-stack.ts';
import { findOldestNode } from './oldest-node.ts';

// What somebody has who never saw the sources: `npm pack`, installed in an empty folder.

const TIMEOUT = 120_000;

let installed: InstalledPackage;
let engine: string;
beforeAll(async () => {
  installed = await installPackage();
  engine = join(installed.folder, 'rack-door.ts');
  await copyFile(join(installed.root, 'examples/engines/rack-door.ts'), engine);
}, TIMEOUT);
afterAll(() => installed.discard());

const read = (file: string) => readFile(join(installed.root, file), 'utf8');

describe('the package', () => {
  test('holds what runs, its types, and what is read; neither sources nor tests', () => {
    const places = new Set(installed.files.map((file) => file.split('/')[0]));
    const read = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'docs', 'examples'];
    expect(places).toEqual(new Set(['bin', 'dist', 'migrations', 'package.json', ...read]));
    const typescript = installed.files.filter((file) => /(?<!\.d)\.ts$/.test(file));
    expect(typescript).toEqual(['examples/engines/rack-door.ts']);
    expect(installed.files.filter((file) => /\btest\b/.test(file))).toEqual([]);
    expect(installed.files).toContain('dist/workflow-bundle.js');
  });

  test('names all that it imports, and nothing of the machine that made it', async () => {
    const imported = new Set<string>();
    for (const file of installed.files.filter((one) => one.startsWith('dist/'))) {
      const text = withSourceMap(await read(file));
      expect(text.includes(CHECKOUT), file).toBe(false);
      if (file === 'dist/workflow-bundle.js' || !file.endsWith('.js')) continue;
      const names = text.matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?'([^'.][^']*)'/gm);
      for (const [, name = ''] of names) if (!isBuiltin(name)) imported.add(packageOf(name));
    }
    const named = Object.keys({ ...packageJson.dependencies, ...packageJson.optionalDependencies });
    expect(imported.size).toBeGreaterThan(10);
    expect([...imported].filter((name) => !named.includes(name))).toEqual([]);
  });

  test('gives an engine of one’s own its types', { timeout: TIMEOUT }, async () => {
    const { folder } = installed;
    await writeFile(
      join(folder, 'wrong.ts'),
      "import type { EngineModule } from 'sitrep/engine';\nexport default (() => ({ name: 'wrong' })) satisfies EngineModule;\n",
    );
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2024,dom', '--types', ''];
    const checked = promisify(execFile)(process.execPath, [tsc, ...options, engine, 'wrong.ts'], {
      cwd: folder,
    });
    await expect(checked).rejects.toMatchObject({
      stdout: expect.stringMatching(/^wrong\.ts\(2,.*missing the following properties.*classes, analyze\n$/),
    });
  });

  test('says to an older Node which one it needs', async () => {
    const manifest = await read('package.json');
    await writeFile(join(installed.root, 'package.json'), manifest.replace(/">=[\d.]+"/, '">=99.1.0"'));
    const program = { node: process.execPath, path: installed.bin };
    const { code, out, err } = await command(['--version'], { program });
    await writeFile(join(installed.root, 'package.json'), manifest);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`Sitrep needs Node.js 99.1.0 or newer; this is ${process.versions.node}`);
  });
});

const NODES: [string, () => Promise<string>][] = [
  ['the Node of the checkout', async () => process.execPath],
  [`the oldest Node, ${packageJson.engines.node}`, findOldestNode],
];

describe.each(NODES)('the package on %s', (_, findNode) => {
  let program: { node: string; path: string };
  let database: TestDatabase;
  let temporal: TestTemporal;
  beforeAll(async () => {
    program = { node: await findNode(), path: installed.bin };
    [database, temporal] = await Promise.all([createDatabase(), connectTemporal()]);
  }, 360_000);
  afterAll(async () => {
    await temporal.close();
    await database.drop();
  });

  test('tells its version, and how it is used', async () => {
    const version = await command(['--version'], { program });
    expect(version).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
    const help = await command(['--help'], { program });
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Usage: sitrep'), err: '' });
  });

  test('serves API and worker, with an engine of one’s own, and stops in order', {
    timeout: TIMEOUT,
  }, async () => {
    const env = {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: temporal.namespace,
      SITREP_SECRET_KEY: randomBytes(32).toString('base64'),
      SITREP_AUTH: 'off',
      SITREP_LISTEN: '127.0.0.1:0',
      SITREP_ENGINES: engine,
    };
    const worker = startCommand(['serve', 'worker'], { env, program });
    const api = startCommand(['serve', 'api'], { env, program });
    try {
      await says(worker, /the worker works/);
      const url = (await says(api, /"url":"(.+?)"/))[1] ?? '';
      const example = join(installed.root, 'examples/sitreps/1-psu-removed.json');
      const submitted = await command(['submit', example], { url, program });
      expect(submitted).toMatchObject({ code: 0, out: expect.stringContaining('is current, version 1') });
      const stdin = JSON.stringify(aDoorOpenedLongAgo());
      expect(await command(['ereports', 'submit', '-'], { url, program, stdin })).toMatchObject({ code: 0 });
      const alerts = async () =>
        (await command(['alerts', 'list', '--class', 'example.door.left_open'], { url, program })).out;
      await expect.poll(alerts, { timeout: 60_000 }).toContain('example.door.left_open v0');
    } finally {
      for (const { child } of [api, worker]) child.kill('SIGTERM');
    }
    expect(await api.ended).toMatchObject({ code: 0, err: '' });
    expect(await worker.ended).toMatchObject({ code: 0, err: '' });
  });
});

/** What a part has said in its log that is looked for; fails when the part ends first. */
async function says(
  { child, captured }: ReturnType<typeof startCommand>,
  what: RegExp,
): Promise<RegExpExecArray> {
  await until(`it says ${what}`, () => what.test(captured.out) || child.exitCode !== null, 60_000);
  const found = what.exec(captured.out);
  if (!found) throw new Error(`It ended with ${child.exitCode}: ${captured.out}${captured.err}`);
  return found;
}

function aDoorOpenedLongAgo() {
  const timeCollected = new Date(Date.now() - 3_600_000).toISOString();
  return {
    restartId: newId(),
    ena: '0x1',
    reporter: { type: 'source', source: 'door sensors' },
    class: 'door.opened',
    body: { door: 'rack 7 front' },
    timeCollected,
  };
}

/** With the source map that stands in it, if any, as it reads. */
function withSourceMap(text: string): string {
  const [, map = ''] = /sourceMappingURL=data:[^,]*;base64,(\S+)/.exec(text) ?? [];
  return text + Buffer.from(map, 'base64').toString();
}

/** `@scope/name/path` and `name/path` without their paths. */
function packageOf(imported: string): string {
  return imported
    .split('/')
    .slice(0, imported.startsWith('@') ? 2 : 1)
    .join('/');
}
