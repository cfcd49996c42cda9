import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { apiDocs } from '../../scripts/api-docs.ts';
import { ROUTES } from '../../src/api/routes/index.ts';
import { ALERT_CLASSES } from '../../src/model/alert-class.ts';
import { PROBLEMS } from '../../src/model/problem.ts';
import { SitrepInput } from '../../src/model/sitrep.ts';

const page = apiDocs();

test('docs/api.md is what `npm run docs` makes of the tables of the API', async () => {
  const written = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
  expect(written, 'docs/api.md is out of date: run `npm run docs`').toBe(page);
});

test('docs/api.md names every route, problem, alert class and field of the document', () => {
  const names = [
    ...ROUTES.map(({ method, path }) => `### ${method} ${path}\n`),
    ...Object.entries(PROBLEMS).map(([name, { status }]) => `\`urn:sitrep:problem:${name}\` ${status}`),
    ...Object.keys(ALERT_CLASSES).map((name) => `### ${name}\n`),
    ...Object.keys(SitrepInput.shape).map((field) => `- \`${field}\` (`),
  ];
  // The columns of a table are as wide as its longest cell.
  const text = page.replaceAll(/ *\| */g, ' ');
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

test('each link of docs/api.md leads to one heading of it', () => {
  const headings = Array.from(page.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading?.toLowerCase().replaceAll(' ', '-'),
  );
  const links = Array.from(page.matchAll(/\]\(#([^)]*)\)/g), ([, anchor]) => anchor);
  expect(links).not.toEqual([]);
  const astray = links.filter((link) => headings.filter((heading) => heading === link).length !== 1);
  expect(astray).toEqual([]);
});
