import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FULL, type Row, TINY } from './case.ts';
import { CASES } from './cases.ts';
import { inWords } from './report.ts';
import { isMet } from './row.ts';
import { startServers } from './servers.ts';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    /** A look at whether everything runs: sizes so small that the numbers mean nothing. */
    tiny: { type: 'boolean', default: false },
  },
});
const unknown = names.filter((name) => !CASES.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(
    `No such case: ${unknown.join(', ')}. There are ${CASES.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
const asked = CASES.filter(({ name }) => names.length === 0 || names.includes(name));

const results: { name: string; title: string; rows: (Row & { met: boolean | null })[] }[] = [];
const servers = await startServers((line) => console.error(line));
try {
  for (const { name, title, run } of asked) {
    const rows = await run({ ...servers, scale: values.tiny ? TINY : FULL });
    console.log(inWords(`${name}: ${title}`, rows));
    results.push({ name, title, rows: rows.map((row) => ({ ...row, met: isMet(row) })) });
  }
} finally {
  await servers.stop();
}

const judged = results.flatMap(({ rows }) => rows).filter(({ met }) => met !== null);
console.log(`\n${judged.filter(({ met }) => met).length} of ${judged.length} targets met.`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
