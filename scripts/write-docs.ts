import { writeFile } from 'node:fs/promises';
import { cliDocs } from './cli-docs.ts';

// What `npm run docs` makes; tests fail when a file is not what would be made now.
const DOCS: Record<string, () => string> = {
  'cli.md': cliDocs,
};

for (const [file, make] of Object.entries(DOCS)) {
  await writeFile(new URL(`../docs/${file}`, import.meta.url), make());
}
