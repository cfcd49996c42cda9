import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Which folders of src a folder may import from, beside itself; ARCHITECTURE.md says why. */
const MAY_IMPORT: Record<string, string[]> = {
  model: [],
  store: ['model'],
  telemetry: ['model', 'store'],
  webhook: ['model', 'telemetry'],
  temporal: ['model'],
  diagnosis: ['model'],
  activities: ['model', 'store', 'webhook', 'temporal', 'diagnosis'],
  workflows: ['model', 'activities'],
  worker: ['model', 'activities', 'webhook', 'temporal', 'diagnosis', 'workflows', 'telemetry'],
  api: ['model', 'store', 'webhook', 'temporal', 'telemetry'],
  doctor: ['model', 'store', 'webhook', 'temporal', 'activities', 'worker'],
  cli: ['model', 'store', 'webhook', 'temporal', 'worker', 'api', 'doctor', 'local', 'telemetry'],
  local: [],
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Imports of a file: those of other files as paths below src, those of packages by name. */
function importsOf(file: string): Import[] {
  const code = readFileSync(join(SRC, file), 'utf8');
  const statements = code.matchAll(/^(?:import|export)\s(type\s)?(?:[^;]*?\sfrom\s)?'([^']+)'/gm);
  return Array.from(statements, ([, type, name = '']) => ({
    from: file,
    to: name.startsWith('.') ? relative(SRC, join(SRC, dirname(file), name)) : name,
    typeOnly: type !== undefined,
  }));
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const IMPORTS = FILES.flatMap(importsOf);

const folderOf = (path: string) => path.split('/')[0] as string;
const isFile = ({ to }: Import) => FILES.includes(to);

test('every folder has its row, and every row its folder', () => {
  expect([...new Set(FILES.map(folderOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
});

test('imports go one way', () => {
  const astray = IMPORTS.filter(isFile).filter(({ from, to }) => {
    const [here, there] = [folderOf(from), folderOf(to)];
    return here !== there && !MAY_IMPORT[here]?.includes(there);
  });
  expect(astray).toEqual([]);
});

/** Only in the bundle of workers that trace. */
const TRACING = 'workflows/tracing.ts';

describe('workflow code', () => {
  test('takes of the activities only their types', () => {
    const values = IMPORTS.filter(
      ({ from, to, typeOnly }) =>
        folderOf(from) === 'workflows' && folderOf(to) === 'activities' && !typeOnly,
    );
    expect(values).toEqual([]);
  });

  test('brings no zod and nothing of Node into the sandbox, by whatever way', () => {
    const reached = new Set(FILES.filter((file) => folderOf(file) === 'workflows' && file !== TRACING));
    const packages = new Set<string>();
    for (const file of reached) {
      for (const one of importsOf(file).filter(({ typeOnly }) => !typeOnly)) {
        if (isFile(one)) reached.add(one.to);
        else packages.add(one.to);
      }
    }
    expect(reached.size).toBeGreaterThan(5);
    expect([...packages].filter((name) => !name.startsWith('@temporalio/'))).toEqual([]);
    expect([...reached]).not.toContain(TRACING);
  });
});

test('all SQL is in the store, but for what sets a database up', () => {
  const others = [
    ...new Set(IMPORTS.filter(({ to, typeOnly }) => to === 'pg' && !typeOnly).map(({ from }) => from)),
  ];
  expect(others.filter((file) => folderOf(file) !== 'store')).toEqual(['local/postgres.ts']);
});
