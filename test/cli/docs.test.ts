import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { cliDocs } from '../../scripts/cli-docs.ts';

test('docs/cli.md is what `npm run docs` makes of the program', async () => {
  const written = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  expect(written).toBe(cliDocs());
});
