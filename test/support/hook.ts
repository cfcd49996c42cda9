import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  /** The alert that it is about, or the probe. */
  id: string;
}
export type Answering = (response: ServerResponse, received: Received) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}): Answering =>
  (response) =>
    void response.writeHead(status, headers).end('what it says is of no interest');

/** A receiver on this machine, which keeps what comes, and answers as a test wants. */
export class Hook {
  answer: Answering = answer(200);
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Hook> {
    const server = createServer();
    const hook = new Hook(server);
    server.on('request', (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { headers } = request;
        const received = {
          headers,
          body: Buffer.concat(pieces).toString(),
          id: String(headers['webhook-id']),
        };
        hook.received.push(received);
        hook.answer(response, received);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return hook;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('It has no port.');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  get ids(): string[] {
    return this.received.map(({ id }) => id);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
