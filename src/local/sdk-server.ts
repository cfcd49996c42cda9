import { readdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addToCache, cacheFolder } from './cache.ts';
import type { Found } from './chain.ts';
import { runTool } from './tool.ts';

const TIMEOUT = 5 * 60_000;
/** TypeScript as this file is, or JavaScript as it was made of it. */
const DOWNLOAD = fileURLToPath(new URL(`./sdk-download${extname(import.meta.url)}`, import.meta.url));
const SDK: { version: string } = createRequire(import.meta.url)('@temporalio/testing/package.json');

export type SdkServer = 'dev-server' | 'time-skipping';

/** What a search for a program works with. */
export interface Search {
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Where `downloadSdkServer` puts a server. */
export function sdkServer(kind: SdkServer, env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `${kind}-of-sdk-${SDK.version}`, kind);
}

/** Has the SDK download the server that goes with its version. */
export function downloadSdkServer(kind: SdkServer, search: Search): Promise<Found> {
  const program = sdkServer(kind, search.env);
  return addToCache(program, async (unfinished) => {
    const fault = await runTool(process.execPath, [DOWNLOAD, kind, unfinished], {
      ...search,
      doing: 'downloading the server',
      timeout: TIMEOUT,
    });
    if (fault) return fault;
    const [file] = await readdir(unfinished);
    if (!file) return { missing: `the SDK left nothing in ${dirname(program)}` };
    await rename(join(unfinished, file), join(unfinished, kind));
    return null;
  });
}
