import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

// The devDependency protobufjs is for these two: Temporal's packages must share one copy of it, or they don't know
// each other's types, and fail.

export type History = ReturnType<typeof historyFromJSON>;

const FOLDER = fileURLToPath(new URL('histories', import.meta.url));
const ENDING = '.json';

/** The names of all histories, those of released versions included, which have a folder each. */
export async function recordedNames(): Promise<string[]> {
  const files = await readdir(FOLDER, { recursive: true });
  return files
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}

export async function readHistory(name: string): Promise<History> {
  return historyFromJSON(JSON.parse(await readFile(fileOf(name), 'utf8')));
}

/** As Temporal's tools write it, but with an event a line, and without the stacks of the machine that ran it. */
export async function writeHistory(name: string, history: History): Promise<void> {
  const { events } = JSON.parse(historyToJSON(history)) as { events: unknown[] };
  const withoutStack = (key: string, value: unknown) => (key === 'stackTrace' ? undefined : value);
  const lines = events.map((event) => JSON.stringify(event, withoutStack));
  await writeFile(fileOf(name), `{"events":[\n${lines.join(',\n')}\n]}\n`);
}

function fileOf(name: string): string {
  return join(FOLDER, `${name}${ENDING}`);
}
