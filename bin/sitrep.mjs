#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on, so that an older one is told what is needed. Installed as a package, Sitrep
// is JavaScript. In a checkout it is TypeScript that needs Node 24, which the checkout has in node_modules: called with an
// older Node, this starts the command again with that one.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const SOURCES = new URL('../src/cli/main.ts', import.meta.url);
const BUILT = new URL('../dist/cli/main.js', import.meta.url);
const OWN_NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const NEEDED_BY_SOURCES = '24';

// What was compiled once is found again by the next command, which so starts in half the time. It is code, so it lies
// where nobody else writes, not in the folder for temporary files. Node 22 and newer have it.
const COMPILED = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sitrep', 'compiled');
if (isAbsolute(COMPILED)) module.enableCompileCache?.(COMPILED);

if (existsSync(SOURCES)) await runSources();
else await runPackage();

async function runPackage() {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const needed = engines.node.replace('>=', '');
  if (isOlderThan(needed)) {
    fail(`Sitrep needs Node.js ${needed} or newer; this is ${process.versions.node} (${process.execPath}).`);
  } else {
    keepYoungGenerationSmall();
    await import(BUILT);
  }
}

async function runSources() {
  if (!existsSync(OWN_NODE)) {
    fail('Sitrep is not installed yet: run `npm start` or `npm install` in its folder first.');
  } else if (isOlderThan(NEEDED_BY_SOURCES)) {
    runWithOwnNode();
  } else {
    keepYoungGenerationSmall();
    await import(SOURCES);
  }
}

function isOlderThan(version) {
  return process.versions.node.localeCompare(version, 'en', { numeric: true }) < 0;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
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
  const child = spawn(OWN_NODE, [...process.execArgv, self, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its Ctrl-C to the child as well. The command takes two in quick succession for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`${OWN_NODE} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
