import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type MetricsServer, serveMetrics } from '../../src/telemetry/metrics-server.ts';
import { ProcessMetrics } from '../../src/telemetry/process-metrics.ts';
import { Scrape } from './scrape.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serve(sdkUrl: string | null): Promise<MetricsServer> {
  const server = await serveMetrics('127.0.0.1:0', new ProcessMetrics().registry, sdkUrl);
  opened.push(server);
  return server;
}

test('a scrape shows what a process measures of itself, which version it is, and nothing twice', async () => {
  const { url } = await serve(null);
  const scrape = await Scrape.of(url);
  expect(scrape.value('sitrep_build_info', { node_version: process.versions.node })).toBe(1);
  expect(scrape.value('process_resident_memory_bytes')).toBeGreaterThan(0);
  const sample = ({ name, labels }: { name: string; labels: object }) => name + JSON.stringify(labels);
  expect(new Set(scrape.samples.map(sample)).size).toBe(scrape.samples.length);
});

test.each([
  { what: 'is gone', breaksOff: true },
  { what: 'says nothing', breaksOff: false },
])('a scrape is answered although the SDK $what', async ({ breaksOff }) => {
  const sdk = createServer((_request, response) => {
    if (breaksOff) response.destroy();
  });
  await new Promise<void>((resolve) => sdk.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      sdk.closeAllConnections();
      sdk.close();
    },
  });
  const { url } = await serve(`http://127.0.0.1:${(sdk.address() as AddressInfo).port}/metrics`);
  expect((await Scrape.of(url)).names()).toContain('sitrep_build_info');
});

test('an address that is taken is named, and by which setting it was asked for', async () => {
  const { url } = await serve(null);
  const taken = new URL(url).host;
  await expect(serveMetrics(taken, new ProcessMetrics().registry)).rejects.toThrow(
    `Metrics cannot be served at ${taken} (SITREP_METRICS_LISTEN)`,
  );
});
