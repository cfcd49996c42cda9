import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { requireListenAddress } from '../model/listen.ts';
import { Problem } from '../model/problem.ts';

export interface Probes {
  url: string;
  close(): Promise<void>;
}

/** Few ask, and nobody else has anything to ask here. */
const CONNECTIONS = 50;
const TIMEOUT = 10_000;

/**
 * Answers `/livez` and `/readyz` for a process that listens nowhere else. It says nothing but that, so it may listen
 * anywhere: whoever asks it is often on another machine.
 */
export async function startProbes(
  listen: string,
  checks: () => Promise<Record<string, string>>,
): Promise<Probes> {
  const server = createServer({ requestTimeout: TIMEOUT, headersTimeout: TIMEOUT }, ({ url }, response) => {
    void answer(url, checks, response);
  });
  server.maxConnections = CONNECTIONS;
  const { host, port } = requireListenAddress(listen);
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address();
  const taken = typeof bound === 'object' && bound ? bound.port : port;
  return {
    url: `http://${listen.replace(/\d+$/, String(taken))}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  url: string | undefined,
  checks: () => Promise<Record<string, string>>,
  response: ServerResponse,
): Promise<void> {
  if (url === '/livez') return send(response, 200, { status: 'alive' });
  if (url !== '/readyz') {
    return refuse(response, new Problem('not-found', 'There are /livez and /readyz here, and nothing else.'));
  }
  try {
    send(response, 200, { status: 'ready', checks: await checks() });
  } catch (error) {
    const detail = 'What the worker needs could not be looked at.';
    refuse(response, error instanceof Problem ? error : new Problem('internal', detail));
  }
}

function refuse(response: ServerResponse, problem: Problem): void {
  send(response, problem.status, problem.toDocument(), 'application/problem+json');
}

function send(response: ServerResponse, status: number, body: object, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
