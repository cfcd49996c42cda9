import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ROUTES } from '../../src/api/routes/index.ts';
import { MEMORY } from '../../src/api/token-memory.ts';
import { ROLES } from '../../src/model/access.ts';
import { ACTION_NAMES, ANYBODY, DATABASE_OWNER } from '../../src/model/audit.ts';
import { readSettings } from '../../src/model/settings.ts';

const page = await readFile(new URL('../../docs/access.md', import.meta.url), 'utf8');

test('docs/access.md names each role, each action and each route that takes no token', () => {
  const open = ROUTES.filter(({ needs, path }) => needs === 'nothing' && path !== '/').map(
    ({ path }) => path,
  );
  const names = [...ROLES, ...ACTION_NAMES, ...open, ANYBODY.name, DATABASE_OWNER.name];
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('docs/access.md gives the defaults as they are', () => {
  const settings = readSettings({});
  const perMinute = (['READS', 'REPORTS', 'CHANGES'] as const).map((kind) => {
    const name = `SITREP_${kind}_PER_MINUTE` as const;
    return `${settings[name].toLocaleString('en')} a minute (\`${name}\`)`;
  });
  expect(perMinute.filter((words) => !page.includes(words))).toEqual([]);
  expect(settings.SITREP_AUDIT_DAYS).toBe(365);
  expect(page).toContain('They are kept for a year\n(`SITREP_AUDIT_DAYS`');
  expect(MEMORY).toBe(5_000);
  expect(page).toContain('by every other within five seconds');
});
