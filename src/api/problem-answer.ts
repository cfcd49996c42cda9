import type { FastifyReply, FastifyRequest } from 'fastify';
import { Faults } from '../model/fault.ts';
import { Problem, type ProblemName } from '../model/problem.ts';
import { BadCursor } from '../store/cursor.ts';
import { sqlState } from '../store/transaction.ts';
import { isOutage } from './outage.ts';
import { invalidParameter } from './route.ts';

/** Seconds after which it makes sense to try again what could not be done now. */
const RETRY_AFTER = '2';

/** Answers with what went wrong. What a client can't help is logged with its stack; clients see none. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  if (problem.status >= 500) request.log.error({ err: problem.cause ?? error }, problem.message);
  else request.log.debug({ problem: problem.problem }, problem.message);
  if (problem.problem === 'unavailable') reply.header('retry-after', RETRY_AFTER);
  const { allow, retryAfterSeconds } = problem.extensions;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  const challenge = challengeOf(problem, request);
  if (challenge !== null) reply.header('www-authenticate', challenge);
  if (Array.isArray(allow)) reply.header('allow', allow.join(', '));
  // Fastify would close the connection after some, and reset what the client has still to send: only of a client
  // that does not send is nothing lost.
  if (problem.problem === 'request-timeout') reply.header('connection', 'close');
  else reply.removeHeader('connection');
  reply
    .status(problem.status)
    // As bytes: fastify would add a charset to a text, and this type has none.
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problem.toDocument())));
}

/** What a token is missing (RFC 6750): what is asked for, and whether the one that came is of no use. */
function challengeOf({ problem }: Problem, { headers }: FastifyRequest): string | null {
  switch (problem) {
    case 'unauthenticated':
      return headers.authorization === undefined ? REALM : `${REALM}, error="invalid_token"`;
    case 'forbidden':
      return `${REALM}, error="insufficient_scope"`;
    default:
      return null;
  }
}
const REALM = 'Bearer realm="sitrep"';

/** What fastify itself refuses. */
const REFUSED_BY_FASTIFY: Record<string, ProblemName> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_BAD_URL: 'bad-request',
};

/** What Postgres says of a time like 0000-02-31; only a cursor brings one from a client into a statement. */
const NO_SUCH_TIME = new Set(['22007', '22008']);

function badCursor(): Problem {
  const faults = new Faults();
  faults.add(['query', 'cursor'], 'must be the nextCursor of an earlier page');
  return invalidParameter(faults);
}

function problemOf(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof BadCursor || NO_SUCH_TIME.has(sqlState(error) ?? '')) return badCursor();
  const {
    code = '',
    statusCode = 500,
    message,
  } = error as Partial<Error & { code: string; statusCode: number }>;
  if (statusCode < 500) {
    return new Problem(REFUSED_BY_FASTIFY[code] ?? 'bad-request', message ?? 'The request cannot be read.');
  }
  if (isOutage(error)) return new Problem('unavailable', 'Postgres cannot be asked now.', {}, error);
  const detail = 'An error that nobody expected; the log of the service says more under this request id.';
  return new Problem('internal', detail, { requestId: request.id }, error);
}
