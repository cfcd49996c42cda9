import { spawnSync } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { TINY } from '../../bench/case.ts';
import { CASES } from '../../bench/cases.ts';

/** So small that nothing of it says how fast anything is: only that each case still runs. */
const ground = {
  postgresUrl: inject('postgresUrl'),
  temporalAddress: async () => inject('temporalAddress'),
  scale: TINY,
};

test.each(CASES)('the bench still measures $name', { timeout: 120_000 }, async ({ run }) => {
  const rows = await run(ground);
  expect(rows.length).toBeGreaterThan(0);
  for (const { what, measured, against, ratio } of rows) {
    expect(what).not.toBe('');
    for (const summary of [measured, against?.measured, ratio]) {
      if (summary) expect(Object.values(summary).every(Number.isFinite)).toBe(true);
    }
  }
});

test('the command names its cases to whoever asks for one that is not there', () => {
  const { status, stderr } = spawnSync(process.execPath, ['bench/main.ts', 'speed'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^There is no case speed\./);
  for (const { name, title } of CASES) expect(stderr).toContain(`${name.padEnd(24)} ${title}`);
});
