import { rename, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { addToCache, cacheFolder, findCached } from '../../src/local/cache.ts';
import { type Found, firstFound } from '../../src/local/chain.ts';
import { runTool } from '../../src/local/tool.ts';

const VERSION = packageJson.engines.node.replace('>=', '');
/** Of the packages that the package `node` fetches its program from, the one for this machine. */
const PACKAGE = `node-${platform()}-${arch()}`;
const FETCH_TIMEOUT = 5 * 60_000;

const ADVICE = 'Run the tests once where npm can reach its registry; it is then kept.';

/** The oldest Node that package.json says Sitrep runs with, for all checkouts of this user. */
export function findOldestNode(): Promise<string> {
  const program = join(cacheFolder(process.env), `node-${VERSION}`, 'node');
  return firstFound(
    `Node.js ${VERSION}`,
    [
      { name: cacheFolder(process.env), look: () => findCached([program]) },
      { name: `npm's ${PACKAGE}`, look: () => fetchWithNpm(program) },
    ],
    ADVICE,
  );
}

function fetchWithNpm(program: string): Promise<Found> {
  return addToCache(program, async (unfinished) => {
    const args = [
      'install',
      '--prefix',
      unfinished,
      '--no-save',
      '--ignore-scripts',
      `${PACKAGE}@${VERSION}`,
    ];
    const fault = await runTool('npm', args, {
      doing: 'fetching it',
      report: () => {},
      env: process.env,
      timeout: FETCH_TIMEOUT,
      cwd: unfinished,
    });
    if (fault) return fault;
    const packages = join(unfinished, 'node_modules');
    await rename(join(packages, PACKAGE, 'bin', 'node'), join(unfinished, 'node'));
    await rm(packages, { recursive: true });
    return null;
  });
}
