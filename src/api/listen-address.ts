import { BlockList, isIP } from 'node:net';
import { type ListenAddress, listenAddress } from '../model/listen.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Reads `host:port`; throws unless the host is loopback, or whoever reaches it has to show a token. */
export function readListenAddress(listen: string, authentication: boolean): ListenAddress {
  const address = listenAddress(listen);
  if (!address) throw new Error(`SITREP_LISTEN is ${listen}; it must be host:port.`);
  const { port } = address;
  // One address only: fastify's second server for localhost would not answer parse errors as the first does.
  const host = address.host === 'localhost' ? '127.0.0.1' : address.host;
  if (!authentication && !isLoopback(host)) {
    throw new Error(
      `Sitrep does not listen on ${listen}: authentication is off, so only this machine may reach it. Set SITREP_AUTH to on, or SITREP_LISTEN to 127.0.0.1:${port}.`,
    );
  }
  return { host, port };
}

export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** Says in words why a server could not listen there. */
export function listenError(error: unknown, { host, port }: ListenAddress): Error {
  const { code } = error as { code?: string };
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return new Error(
        `Port ${port} of ${host} is taken: something listens there already, perhaps another Sitrep. Stop it, or set SITREP_LISTEN to another port.`,
        { cause: error },
      );
    case 'EACCES':
      return new Error(`Sitrep may not listen on ${address}: ports below 1024 need more rights.`, {
        cause: error,
      });
    default:
      return new Error(`Sitrep cannot listen on ${address}: ${(error as Error).message}.`, { cause: error });
  }
}
