import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../model/problem.ts';

const HOST = /^(\[[0-9a-f:.]+\]|[^\s:@/?#]+)(?::\d{1,5})?$/i;

/**
 * Without authentication whoever reaches loopback may do everything, and a browser on this machine reaches it for any page that it
 * shows. So refuses what a page of another site could have sent: names that were rebound to loopback (DNS
 * rebinding), and anything but a read that is known to come from elsewhere. Other sites can't read what
 * they get, since no answer has CORS headers.
 */
export function refuseCrossSite({ headers, method }: Pick<FastifyRequest, 'headers' | 'method'>): void {
  const host = hostName(headers.host);
  if (host === null) throw new Problem('bad-request', 'The Host header is missing or not readable.');
  if (!isOfThisMachine(host)) {
    throw new Problem(
      'cross-site-request',
      `The Host header names ${host.slice(0, 100)}; ask for localhost or an IP address.`,
    );
  }
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${headers.host?.toLowerCase()}`) {
    throw new Problem('cross-site-request', `The Origin header names ${origin.slice(0, 100)}, another site.`);
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Problem('cross-site-request', 'The Sec-Fetch-Site header says that another site asks.');
  }
}

function hostName(header: string | undefined): string | null {
  const name = HOST.exec(header ?? '')?.[1];
  return name?.replace(/^\[|\]$/g, '').toLowerCase() ?? null;
}

/** DNS can't rebind an address, and localhost is never asked of DNS (RFC 6761). */
function isOfThisMachine(name: string): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
