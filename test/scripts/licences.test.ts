import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

// Whoever installs Sitrep gets these packages with it, so their licences must allow what Sitrep's own allows.

const ALLOWED = [
  'MIT',
  'Apache-2.0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  // Of caniuse-lite alone: data that webpack reads, and nothing that runs.
  'CC-BY-4.0',
];

/** What stands in the LICENSE file of a package whose package.json names no licence. */
const BY_FILE: Record<string, string> = { 'node_modules/unionfs': 'Unlicense' };

interface Locked {
  dev?: boolean;
  optional?: boolean;
  license?: string;
}

const ROOT = new URL('../../', import.meta.url);
const { packages } = JSON.parse(await readFile(new URL('package-lock.json', ROOT), 'utf8')) as {
  packages: Record<string, Locked>;
};
const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);

/** As SPDX writes it: of licences joined by OR one is enough, of those joined by AND all are needed. */
function isAllowed(licence: string): boolean {
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.includes(one)));
}

/** Null where only another machine has the package, and the lock does not know its licence. */
async function licenceOf(path: string, { license, optional }: Locked): Promise<string | null> {
  if (license !== undefined) return license;
  try {
    const own = JSON.parse(await readFile(new URL(`${path}/package.json`, ROOT), 'utf8'));
    return String(own.license ?? BY_FILE[path] ?? 'none that it names');
  } catch (error) {
    if (optional) return null;
    throw error;
  }
}

test('every package that Sitrep runs with may be used under a licence that is as free as its own', async () => {
  const refused: string[] = [];
  for (const [path, locked] of production) {
    const licence = await licenceOf(path, locked);
    if (licence !== null && !isAllowed(licence)) refused.push(`${path}: ${licence}`);
  }
  expect(production.length).toBeGreaterThan(100);
  expect(refused).toEqual([]);
});

test('a licence counts as it is joined with others', () => {
  expect(isAllowed('(MIT OR GPL-3.0-only)')).toBe(true);
  expect(isAllowed('MIT AND GPL-3.0-only')).toBe(false);
  expect(isAllowed('Apache-2.0 AND MIT')).toBe(true);
  expect(isAllowed('AGPL-3.0-only')).toBe(false);
});
