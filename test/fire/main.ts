import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Counts, KINDS, type Kind } from './tally.ts';

// `npm run test:fire -- --minutes 30`: the tests of this folder, again and again with fresh seeds until the time
// is up, then what they did. A name, such as `crashes`, runs that file alone; --seed runs one round of it again.

const USAGE = 'npm run test:fire -- [--minutes N] [--seed N] [name of a file in test/fire …]';
/** As many as vitest.config.ts allows. */
const AT_ONCE = 2;

const { values, positionals } = parse();
const seconds = values.seed === undefined ? wholeNumber('minutes', values.minutes ?? '10') * 60 : 0;
const files = await filesOf(positionals);
const folder = await mkdtemp(join(tmpdir(), 'sitrep-fire-'));
const tally = join(folder, 'tally.jsonl');
await writeFile(tally, '');
const begun = Date.now();
const code = await runVitest(await secondsOfEach());
console.log(report(await readCounts(), (Date.now() - begun) / 60_000));
await rm(folder, { recursive: true });
process.exitCode = code;

function parse() {
  try {
    return parseArgs({
      options: { minutes: { type: 'string' }, seed: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    return stop((error as Error).message);
  }
}

function wholeNumber(name: string, text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : stop(`--${name} must be a whole number, not ${text}.`);
}

async function filesOf(names: string[]): Promise<string[]> {
  const all = (await readdir(new URL('.', import.meta.url))).filter((file) => file.endsWith('.test.ts'));
  const unknown = names.filter((name) => !all.includes(`${name}.test.ts`));
  if (unknown.length > 0) {
    const known = all.map((file) => file.replace('.test.ts', '')).join(', ');
    return stop(`There is no attack named ${unknown.join(', ')}; there are ${known}.`);
  }
  const chosen = names.length === 0 ? all : names.map((name) => `${name}.test.ts`);
  return chosen.map((file) => `test/fire/${file}`);
}

function stop(message: string): never {
  console.error(`${message}\nUsage: ${USAGE}`);
  process.exit(2);
}

/**
 * The time of each file that fills it with rounds; the others, which go once through a table, add theirs. Files run side
 * by side, so each has more than its share of the time on the clock.
 */
async function secondsOfEach(): Promise<number> {
  const texts = await Promise.all(
    files.map((file) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8')),
  );
  const rounds = texts.filter((text) => text.includes('underFire(')).length;
  return Math.floor((seconds * Math.min(AT_ONCE, rounds)) / Math.max(rounds, 1));
}

function runVitest(secondsEach: number): Promise<number> {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const child = spawn(process.execPath, [vitest, 'run', ...files], {
    stdio: 'inherit',
    env: {
      ...process.env,
      SITREP_FIRE_SECONDS: String(secondsEach),
      SITREP_FIRE_TALLY: tally,
      ...(values.seed === undefined ? {} : { SITREP_FIRE_SEED: String(wholeNumber('seed', values.seed)) }),
    },
  });
  return new Promise((resolve) => child.once('exit', (exit) => resolve(exit ?? 1)));
}

/** Those of one name together: an attack that goes through a table saves a line for each row. */
async function readCounts(): Promise<{ name: string; counts: Counts }[]> {
  const lines = (await readFile(tally, 'utf8')).split('\n').filter((line) => line !== '');
  const saved: { name: string; counts: Counts }[] = lines.map((line) => JSON.parse(line));
  const byName = Map.groupBy(saved, ({ name }) => name);
  return [...byName].map(([name, lines]) => ({ name, counts: sum(lines.map(({ counts }) => counts)) }));
}

function sum(all: Counts[]): Counts {
  const total: Counts = {};
  for (const counts of all) {
    for (const kind of Object.keys(counts) as Kind[]) total[kind] = (total[kind] ?? 0) + (counts[kind] ?? 0);
  }
  return total;
}

function report(attacks: { name: string; counts: Counts }[], minutes: number): string {
  const kinds = Object.keys(KINDS) as Kind[];
  const inWords = (counts: Counts) =>
    kinds
      .filter((kind) => counts[kind])
      .map((kind) => `${counts[kind]?.toLocaleString('en')} ${KINDS[kind]}`)
      .join(', ');
  const total = sum(attacks.map(({ counts }) => counts));
  return [
    '',
    `Under fire for ${minutes.toFixed(1)} minutes:`,
    ...attacks.map(({ name, counts }) => `  ${name}: ${inWords(counts)}`),
    `In all: ${inWords(total)}; ${total.violations ?? 0} violations.`,
  ].join('\n');
}
