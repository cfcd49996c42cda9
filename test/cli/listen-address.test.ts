import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { claimable } from '../../src/cli/listen-address.ts';

let server: Server | undefined;
afterEach(() => server?.close());

test('a free address can be claimed, and any port', async () => {
  await claimable('127.0.0.1:0', false);
  await claimable('localhost:0', false);
});

test('a taken address is named, with what to do', async () => {
  server = createServer();
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(claimable(address, true)).rejects.toThrow(/Port [0-9]+ of 127.0.0.1 is taken.*SITREP_LISTEN/);
});

test('only this machine may reach the API, unless it asks for tokens', async () => {
  await expect(claimable('0.0.0.0:0', false)).rejects.toThrow(
    /authentication is off.*SITREP_AUTH.*SITREP_LISTEN/,
  );
  await claimable('0.0.0.0:0', true);
});
