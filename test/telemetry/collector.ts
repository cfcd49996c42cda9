import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { z } from 'zod';

/** What OTLP says of a span, as JSON. */
const Attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])));
const Sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              attributes: Attributes,
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface SeenSpan {
  service: unknown;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  attributes: Record<string, unknown>;
}

/** Takes traces as a collector does, by OTLP over HTTP as JSON, and keeps them. */
export class Collector {
  readonly spans: SeenSpan[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      collector.#take(JSON.parse(Buffer.concat(pieces).toString()));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('It has no port.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The spans of a trace, each with what leads to it from its root on: `POST /v1/sitreps > … > INSERT alert`. */
  pathsOf(traceId: string): string[] {
    const spans = new Map(
      this.spans.filter((span) => span.traceId === traceId).map((span) => [span.spanId, span]),
    );
    const pathTo = ({ name, parentSpanId }: SeenSpan): string => {
      const parent = parentSpanId === null ? undefined : spans.get(parentSpanId);
      if (parent) return `${pathTo(parent)} > ${name}`;
      return parentSpanId === null ? name : `… > ${name}`;
    };
    return [...spans.values()].map(pathTo);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(sent: unknown): void {
    for (const { resource, scopeSpans } of Sent.parse(sent).resourceSpans) {
      const service = resource.attributes['service.name'];
      for (const { parentSpanId, ...span } of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({ service, parentSpanId: parentSpanId || null, ...span });
      }
    }
  }
}
