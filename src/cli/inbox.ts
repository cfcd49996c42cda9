import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

const HOST = '127.0.0.1';
/** Larger than any message: a payload is 64 KiB at most. */
const MAX_BYTES = 1024 * 1024;
/** Ids that are remembered, so that repeats are recognised; beyond, the oldest are forgotten. */
const REMEMBERED = 100_000;

const Message = z.looseObject({
  type: z.string(),
  timestamp: z.string(),
  /** A probe has neither. */
  alertId: z.string().optional(),
  version: z.number().optional(),
  caseId: z.string().nullish(),
});
export type Message = z.output<typeof Message>;

/** A delivery as it came in. `webhookId` is the same in all attempts and resends, so repeats are known by it. */
export type Arrival = { time: string; webhookId: string } & (
  | { verified: true; repeats: number; message: Message }
  | { verified: false; fault: string }
);

/** A receiver of webhooks on this machine, which verifies them as any other has to: with the reference library. */
export class Inbox {
  readonly url: string;
  readonly #server: Server;
  readonly #onArrival: (arrival: Arrival) => void;
  readonly #verifier = Promise.withResolvers<Webhook>();
  /** How often each id has come. */
  readonly #seen = new Map<string, number>();

  /** @param port 0 takes any that is free */
  static async open(port: number, onArrival: (arrival: Arrival) => void): Promise<Inbox> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, resolve);
    });
    return new Inbox(server, onArrival);
  }

  private constructor(server: Server, onArrival: (arrival: Arrival) => void) {
    this.#server = server;
    this.#onArrival = onArrival;
    this.url = `http://${HOST}:${(server.address() as AddressInfo).port}/`;
    server.on('request', async (request, response) => {
      const status = await this.#receive(request).catch(() => 500);
      response.writeHead(status).end();
    });
  }

  /** The secret by which deliveries are verified. What comes before it is known waits for it. */
  trust(secret: string): void {
    this.#verifier.resolve(new Webhook(secret));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** The status to answer with. */
  async #receive(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST') return 405;
    const body = await readBody(request);
    if (body === null) return 413;
    const arrival = this.#judge(await this.#verifier.promise, request.headers, body);
    this.#onArrival(arrival);
    return arrival.verified ? 204 : 401;
  }

  #judge(webhook: Webhook, headers: IncomingHttpHeaders, body: string): Arrival {
    const signed = {
      'webhook-id': textOf(headers['webhook-id']),
      'webhook-timestamp': textOf(headers['webhook-timestamp']),
      'webhook-signature': textOf(headers['webhook-signature']),
    };
    const heading = { time: new Date().toISOString(), webhookId: signed['webhook-id'] };
    try {
      const message = Message.parse(webhook.verify(body, signed));
      return { ...heading, verified: true, repeats: this.#repeatsOf(heading.webhookId), message };
    } catch (error) {
      return { ...heading, verified: false, fault: (error as Error).message };
    }
  }

  /** Only what is verified counts: a forged one must not make the real one look like its repeat. */
  #repeatsOf(id: string): number {
    const before = this.#seen.get(id) ?? 0;
    this.#seen.delete(id);
    this.#seen.set(id, before + 1);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return before;
  }
}

function textOf(header: string | string[] | undefined): string {
  return header === undefined ? '' : String(header);
}

/** Null when there is too much of it. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read to its end all the same: who still sends would not hear the answer.
    if (bytes <= MAX_BYTES) chunks.push(chunk);
  }
  return bytes <= MAX_BYTES ? Buffer.concat(chunks).toString('utf8') : null;
}
