import { parseArgs } from 'node:util';
import { Stage } from '../support/stage.ts';
import { recordedNames, writeHistory } from './histories.ts';
import { PATHS } from './paths.ts';
import { type Servers, startServers } from './servers.ts';

// `npm run record`: goes the paths whose history isn't there yet, on real servers with the real worker, and
// writes their histories. `--all` goes all of them again; names, such as `tend`, those alone.
// docs/changing-workflows.md says when.

const USAGE = 'npm run record -- [--all] [name of a path …]';

const { values, positionals } = parse();
const chosen = await chosenPaths();
if (chosen.length === 0) console.log('Every path has its history. To record all of them again: --all');
else await record(chosen);

function parse() {
  try {
    return parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    return stop((error as Error).message);
  }
}

async function chosenPaths(): Promise<string[]> {
  const all = Object.keys(PATHS);
  const unknown = positionals.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    return stop(`There is no path named ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  }
  if (positionals.length > 0) return positionals;
  const recorded = values.all ? [] : await recordedNames();
  return all.filter((name) => !recorded.includes(name));
}

function stop(message: string): never {
  console.error(`${message}\nUsage: ${USAGE}`);
  process.exit(2);
}

async function record(names: string[]): Promise<void> {
  const servers = await startServers(console.error);
  try {
    for (const name of names) {
      await recordPath(servers, name);
      console.log(`test/replay/histories/${name}.json`);
    }
  } finally {
    await servers.stop();
  }
}

async function recordPath(servers: Servers, name: string): Promise<void> {
  const pool = await servers.openDatabase(name);
  const stage = new Stage(servers, pool);
  try {
    const handle = await PATHS[name]?.(stage);
    if (handle) await writeHistory(name, await handle.fetchHistory());
  } finally {
    await stage.rest();
    await pool.end();
  }
}
