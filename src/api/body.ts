import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../model/problem.ts';
import { bodyTooLarge, readBody } from './arrival.ts';
import { JSON_TYPE, mediaType, NDJSON, type Route } from './route.ts';
import type { Service } from './service.ts';

/**
 * Decides about a body before any of it is read. What is refused here is still read and thrown away by Node
 * when the answer has gone out: closing at once would reset the connection under the client's hands, and
 * the answer would be lost with it.
 */
export function admitBody({ body, line }: Route, { maxBodyBytes, arriving }: Service) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const announced = announcedBytes(request);
    if (!body) {
      if (announced === 0) return;
      throw new Problem('bad-request', `${request.method} ${request.url.slice(0, 200)} takes no body.`);
    }
    requireType(request, line ? [JSON_TYPE, NDJSON] : [JSON_TYPE]);
    if (Number.isFinite(announced) && announced > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    const leave = await arriving.enter(Math.min(announced, maxBodyBytes));
    if (reply.raw.destroyed) leave();
    else reply.raw.once('close', leave);
  };
}

/** Hands JSON on as the bytes that came: `readJson` is stricter than what fastify would do with them. */
export function takeBytes(app: FastifyInstance, maxBodyBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([JSON_TYPE, NDJSON], (_: FastifyRequest, stream: IncomingMessage) =>
    readBody(stream, maxBodyBytes),
  );
  // Only reached without a body: some clients announce a type all the same.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}

/** Unknown until it has arrived, when it comes in chunks: then it counts as the largest. */
function announcedBytes({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}

/** Demanding one of these types is also what makes a browser ask before a page of another site may send. */
function requireType(request: FastifyRequest, taken: string[]): void {
  const { headers } = request;
  const type = headers['content-type'];
  if (!taken.includes(mediaType(request) ?? '')) {
    const found = type === undefined ? 'missing' : type.slice(0, 100);
    throw new Problem('unsupported-media-type', `The Content-Type is ${found}; send ${taken.join(' or ')}.`);
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem(
      'unsupported-media-type',
      `The Content-Encoding is ${encoding.slice(0, 100)}; send it plain.`,
    );
  }
}
