import { writeFile } from 'node:fs/promises';
import { apiDocs } from './api-docs.ts';
import { cliDocs } from './cli-docs.ts';

// What `npm run docs` makes; tests fail when a file is not what would be made now.
const DOCS: Record<string, () => string> = {
  'api.md': apiDocs,
  'cli.md': cliDocs,
};

for (const [file, make] of Object.entries(DOCS)) {
  await writeFile(new URL(`../docs/${file}`, import.meta.url), make());
}
