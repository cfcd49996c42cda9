// Runs before `npm start`, `npm test` and the like, on any Node from 18 on: installs the dependencies if that
// has not been done for the present package-lock.json. Called with `finish` by npm after every installation here, as
// the script `dependencies`, which npm runs for no package that it installs.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Inside node_modules, so that whoever removes the one removes the other. */
const STAMP = `${ROOT}node_modules/.sitrep-installed`;

if (process.argv[2] === 'finish') finish();
else if (!isInstalled()) install();

function isInstalled() {
  try {
    return readFileSync(STAMP, 'utf8') === lockDigest();
  } catch {
    return false;
  }
}

function install() {
  const begun = Date.now();
  console.error('Installing the dependencies of Sitrep; half a minute, and again when they change.');
  const [command, ...args] = npmCommand();
  // The warnings are about the Node that runs npm; what is installed runs with the Node that comes with it.
  args.push('ci', '--include=dev', '--loglevel=error');
  const { status, signal, error } = spawnSync(command, args, {
    cwd: ROOT,
    // What npm says is progress; stdout stays free for what the command itself has to say.
    stdio: ['ignore', 2, 2],
  });
  if (error) stop(`npm could not be started: ${error.message}`);
  if (status !== 0) stop(`npm ci failed (${signal ?? `exit code ${status}`}); what it said is above.`);
  if (!isInstalled()) stop('npm ran no install scripts; allow them: npm config set ignore-scripts false');
  console.error(`Installed in ${Math.round((Date.now() - begun) / 1000)} s.`);
}

/** The npm that runs this script, or the one on the PATH. */
function npmCommand() {
  const npm = process.env.npm_execpath;
  return npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
}

/** Makes `npx sitrep` work in this checkout, and remembers what was installed. */
function finish() {
  const link = `${ROOT}node_modules/.bin/sitrep`;
  mkdirSync(`${ROOT}node_modules/.bin`, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../bin/sitrep.mjs', link);
  writeFileSync(STAMP, lockDigest());
}

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(`${ROOT}package-lock.json`))
    .digest('hex');
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
