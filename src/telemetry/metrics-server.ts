import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { requireListenAddress } from '../model/listen.ts';

export interface MetricsServer {
  /** Where they are scraped. */
  url: string;
  close(): Promise<void>;
}

const PATH = '/metrics';
/** What the SDK gets to answer; whoever scrapes waits for ten seconds. */
const SDK_TIME = 2_000;

/**
 * Serves metrics at `host:port`: those of the registry, and with them those that Temporal's SDK serves at `sdkUrl`, if it
 * runs in this process. A scrape never fails for what could not be read: what can be is in it.
 */
export async function serveMetrics(
  listen: string,
  registry: Registry,
  sdkUrl: string | null = null,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path !== PATH) return void answer(response, 404, `There is nothing here but ${PATH}.\n`);
    void scrape(registry, sdkUrl).then(
      (text) => answer(response, 200, text, registry.contentType),
      (error: Error) => answer(response, 500, `${error.message}\n`),
    );
  });
  server.listen(requireListenAddress(listen));
  await once(server, 'listening').catch((error: Error) => {
    throw new Error(`Metrics cannot be served at ${listen} (SITREP_METRICS_LISTEN): ${error.message}.`);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}${PATH}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function scrape(registry: Registry, sdkUrl: string | null): Promise<string> {
  const [own, sdk] = await Promise.all([registry.metrics(), sdkUrl === null ? '' : sdkMetrics(sdkUrl)]);
  return `${own}\n${sdk}`;
}

async function sdkMetrics(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SDK_TIME) });
    return await response.text();
  } catch (error) {
    return `# The metrics of Temporal's SDK could not be read: ${(error as Error).message}\n`;
  }
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
