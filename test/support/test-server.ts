import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addToCache, cacheFolder, findCached } from '../../src/local/cache.ts';
import { type Found, findOnPath, firstFound } from '../../src/local/chain.ts';
import { downloadSdkServer, type Search, sdkServer } from '../../src/local/sdk-server.ts';
import { runTool } from '../../src/local/tool.ts';

const RELEASE = '1.38.0';
const LAUNCHER = 'temporal-test-server';
const FETCH_TIMEOUT = 5 * 60_000;

const ADVICE =
  'Install Java 11 or newer and Maven, or run the tests where the Temporal SDK can download its test server.';

/** The time-skipping server of the Temporal SDK, as one executable file. */
export function findTestServer(
  reportLine: (line: string) => void,
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<string> {
  const search: Search = { env, signal, report: (line) => reportLine(`Time-skipping server: ${line}`) };
  const cached = [sdkServer('time-skipping', env), launcher(env)];
  return firstFound(
    'A time-skipping Temporal server',
    [
      { name: cacheFolder(env), look: () => findCached(cached) },
      { name: 'download by the Temporal SDK', look: () => downloadSdkServer('time-skipping', search) },
      { name: 'Maven', look: () => fetchWithMaven(search) },
    ],
    ADVICE,
  );
}

function launcher(env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `temporal-test-server-${RELEASE}`, LAUNCHER);
}

async function fetchWithMaven({ env, report, signal }: Search): Promise<Found> {
  const java = await findOnPath('java', env);
  if ('missing' in java) return java;
  const maven = await findOnPath('mvn', env);
  if ('missing' in maven) return maven;
  report('fetching it with Maven; once');
  return addToCache(launcher(env), async (unfinished) => {
    await writeFile(join(unfinished, 'pom.xml'), POM);
    await writeFile(join(unfinished, LAUNCHER), LAUNCHER_SCRIPT);
    await chmod(join(unfinished, LAUNCHER), 0o755);
    return runTool(maven.path, ['--quiet', '--batch-mode', COPY_JARS, '-DoutputDirectory=jars'], {
      doing: 'fetching it',
      report,
      env,
      timeout: FETCH_TIMEOUT,
      cwd: unfinished,
      signal,
    });
  });
}

const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** `slf4j-nop` keeps the server from complaining at every start that nobody takes its log. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sitrep</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${RELEASE}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

/** Serial collector and first-tier compiler only: it is up in a second, and its life is short. */
const LAUNCHER_SCRIPT = `#!/bin/sh
jars=$(dirname "$0")/jars
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jars/*" io.temporal.testserver.TestServer "$@"
`;
