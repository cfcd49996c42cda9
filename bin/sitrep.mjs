#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: Sitrep itself is TypeScript that needs Node 24, which the
// checkout has in node_modules. Called with an older Node, this starts the command again with that one.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const NEEDED = 24;

if (!existsSync(NODE)) {
  console.error('Sitrep is not installed yet: run `npm start` or `npm install` in its folder first.');
  process.exitCode = 1;
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  runWithOwnNode();
} else {
  await import('../src/cli/main.ts');
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
