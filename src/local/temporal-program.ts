import { join } from 'node:path';
import { addToCache, cacheFolder, findCached } from './cache.ts';
import { type Found, findOnPath, firstFound } from './chain.ts';
import { downloadSdkServer, type Search, sdkServer } from './sdk-server.ts';
import { runTool } from './tool.ts';

/** The newest release that `go install` takes: from 1.6 on its go.mod replaces a module. */
const RELEASE = 'v1.5.1';
const BUILD_TIMEOUT = 20 * 60_000;

const ADVICE =
  'Install the Temporal CLI (https://docs.temporal.io/cli#install) so that `temporal` is on the PATH, ' +
  'or set TEMPORAL_ADDRESS to a server that runs.';

/** The `temporal` program, which has the server and its UI inside; downloaded or built once if need be. */
export function findTemporal(search: Search): Promise<string> {
  const { env } = search;
  const cached = [sdkServer('dev-server', env), builtTemporal(env)];
  return firstFound(
    'A Temporal server',
    [
      { name: 'PATH', look: () => findOnPath('temporal', env) },
      { name: cacheFolder(env), look: () => findCached(cached) },
      { name: 'download by the Temporal SDK', look: () => downloadSdkServer('dev-server', search) },
      { name: `go install (${RELEASE})`, look: () => buildTemporal(search) },
    ],
    ADVICE,
  );
}

function builtTemporal(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `temporal-${RELEASE}`, 'temporal');
}

async function buildTemporal({ env, report, signal }: Search): Promise<Found> {
  const go = await findOnPath('go', env);
  if ('missing' in go) return go;
  const program = builtTemporal(env);
  report(`building ${program} with Go; once, some minutes`);
  return addToCache(program, (unfinished) =>
    runTool(go.path, ['install', `github.com/temporalio/cli/cmd/temporal@${RELEASE}`], {
      doing: 'building the server',
      report,
      env: { ...env, GOBIN: unfinished },
      timeout: BUILD_TIMEOUT,
      // Away from any go.mod or go.work of the user.
      cwd: unfinished,
      signal,
    }),
  );
}
