#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: Sitrep itself is TypeScript that needs Node 24, which the
// checkout has in node_modules. Called with an older Node, this starts the command again with that one.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const NEEDED = 24;

if (!existsSync(NODE)) {
  console.error('Sitrep is not installed yet: run `npm start` or `npm install` in its folder first.');
  process.exitCode = 1;
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  runWithOwnNode();
} else {
  keepYoungGenerationSmall();
  await import('../src/cli/main.ts');
}

/**
 * Keeps V8's space for what is new as small as it begins, and so cleared often; what has been loaded has let it grow
 * for good. At its full 48 MiB the bytes of a sitrep that is streamed lie about in it until it is full, and what comes
 * up while a large document is checked is taken for old, and stays longer still.
 */
function keepYoungGenerationSmall() {
  setFlagsFromString('--semi-space-growth-factor=1');
}

function runWithOwnNode() {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(NODE, [...process.execArgv, self, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its Ctrl-C to the child as well. The command takes two in quick succession for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`${NODE} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
