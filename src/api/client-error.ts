import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../model/problem.ts';

interface ParseError extends Error {
  code?: string;
}

/**
 * Answers what never became a request: no HTTP, too large a header, or too slow. Node gives only the socket
 * for that, so the answer is written by hand.
 */
export function answerClientError(error: ParseError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable || hasBegunToAnswer(socket)) {
    socket.destroy(error);
    return;
  }
  const problem = problemOf(error);
  const body = JSON.stringify(problem.toDocument());
  socket.write(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  socket.destroySoon();
}

function problemOf({ code }: ParseError): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('header-too-large', 'The header is larger than the service reads.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'The service has stopped waiting for the rest of the request.');
    default:
      return new Problem('bad-request', 'This is not HTTP/1.1 as the service understands it.');
  }
}

/** A second answer in the middle of the first would be read as a part of it. */
function hasBegunToAnswer(socket: Socket & { _httpMessage?: { headersSent?: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
