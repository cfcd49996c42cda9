import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkLibraries } from '../../src/local/postgres-libraries.ts';
import { temporaryFolder } from './own-processes.ts';

test('links between libraries that no install script made are made, once', async () => {
  const folder = await temporaryFolder();
  try {
    await mkdir(join(folder, 'native', 'lib'), { recursive: true });
    await writeFile(join(folder, 'native/lib/libpq.so.5.18'), 'a library');
    const links = ['native/lib/libpq.so', 'native/lib/libpq.so.5', 'native/libpq.so'].map((target) => ({
      source: 'native/lib/libpq.so.5.18',
      target,
    }));
    await writeFile(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links));
    await linkLibraries(folder);
    await linkLibraries(folder);
    for (const { target } of links) expect(await readFile(join(folder, target), 'utf8')).toBe('a library');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a package that lists no links needs none', async () => {
  const folder = await temporaryFolder();
  await expect(linkLibraries(folder)).resolves.toBeUndefined();
  await rm(folder, { recursive: true });
});
