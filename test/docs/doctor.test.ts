import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DOCTOR_KINDS } from '../../src/model/doctor.ts';

test('docs/backup.md tells of all that the doctor looks for, in its order', async () => {
  const page = await readFile(new URL('../../docs/backup.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| (?!found|-)([^*|]+?) +\| [^|]+\|$/gm);
  const told = Array.from(rows, ([, what]) => what);
  expect(told).toEqual(Object.values(DOCTOR_KINDS).map(({ what }) => what));
});
