import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProblemName } from '../../src/model/problem.ts';
import { PROBLEMS, problemType } from '../../src/model/problem.ts';

export interface Received {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}
export type Answer = (received: Received, request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedApi {
  url: string;
  received: Received[];
  close(): Promise<void>;
}

/** A real HTTP server that gives the answers of a script, one a request; the last one for all that follow. */
export async function scriptedApi(...script: Answer[]): Promise<ScriptedApi> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const address = new URL(request.url ?? '/', 'http://localhost');
    const text = Buffer.concat(chunks).toString('utf8');
    const one: Received = {
      method: request.method ?? '',
      path: address.pathname,
      query: Object.fromEntries(address.searchParams),
      body: text === '' ? undefined : asSent(text),
    };
    received.push(one);
    const answer = script[Math.min(received.length, script.length) - 1] as Answer;
    answer(one, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** JSON as what it says, anything else as it is. */
function asSent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function json(status: number, value: unknown): Answer {
  return (_, __, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
}

export function problem(name: ProblemName, detail: string, extensions: object = {}): Answer {
  const { status, title } = PROBLEMS[name];
  return (_, __, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ type: problemType(name), title, status, detail, ...extensions }));
  };
}

export function text(status: number, body: string): Answer {
  return (_, __, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(body);
  };
}

/** Takes the request, and breaks the connection off before it answers. */
export const hangUp: Answer = (_, request) => {
  request.socket.destroy();
};

/** Takes the request, and never answers. */
export const keepSilent: Answer = () => {};
