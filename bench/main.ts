import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { FULL, TINY } from './case.ts';
import { CASES } from './cases.ts';
import { inWords, summary } from './report.ts';
import { type Result, resultOf } from './result.ts';
import { startServers } from './servers.ts';

const OPTIONS = {
  json: { type: 'string' },
  tiny: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} satisfies ParseArgsOptionsConfig;

const HELP = `Usage: npm run bench -- [--json FILE] [CASE …]

Measures Sitrep against the best that Postgres and Temporal can do, each pair in turn and in the same run, on servers
of its own. Without a name all cases run, which takes about a quarter of an hour; run nothing else meanwhile.
docs/benchmarks.md explains what each is held against.

  --json FILE   also write the results to a file
  --tiny        sizes so small that the numbers mean nothing: only to see whether everything runs
  --help        print this

Cases:
${CASES.map(({ name, title }) => `  ${name.padEnd(24)} ${title}`).join('\n')}

Exit codes: 0 all was measured, whatever the targets; 1 a case could not be measured; 2 wrong usage.`;

/** As a shell has it for Ctrl-C. */
const BROKEN_OFF = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = readArguments();
  if (typeof asked === 'string') {
    console.error(`${asked}\n\n${HELP}`);
    return 2;
  }
  const { values, cases } = asked;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const results: Result[] = [];
  let broken = 0;
  const servers = await startServers((line) => console.error(line));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => servers.stop().finally(() => process.exit(BROKEN_OFF)));
  }
  try {
    const ground = { ...servers, scale: values.tiny ? TINY : FULL };
    for (const [index, one] of cases.entries()) {
      console.error(`\n[${index + 1}/${cases.length}] ${one.name} …`);
      const start = performance.now();
      try {
        const result = resultOf(one, await one.run(ground), performance.now() - start);
        console.log(inWords(result));
        results.push(result);
      } catch (error) {
        console.error(error);
        broken++;
      }
    }
  } finally {
    await servers.stop();
  }
  console.log(summary(results));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
  return broken > 0 ? 1 : 0;
}

/** What is wrong with them, if something is. */
function readArguments() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
    const unknown = positionals.filter((name) => !CASES.some((one) => one.name === name));
    if (unknown.length > 0) return `There is no case ${unknown.join(', ')}.`;
    const cases = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    return { values, cases };
  } catch (error) {
    return (error as Error).message;
  }
}
