/** Why there was no answer, in words, from the error that `fetch` threw. */
export function causeOf(error: unknown): { detail: string; notRunning: boolean } {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { detail: 'It did not answer in time.', notRunning: false };
  }
  const cause = deepestCause(error);
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return { detail: codeInWords(code) ?? `${cause.message || code}.`, notRunning: code === 'ECONNREFUSED' };
}

/** Null for a code that says nothing to most people. */
export function codeInWords(code: string): string | null {
  return WORDS[code] ?? null;
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens there.',
  ECONNRESET: 'It broke the connection off.',
  EPIPE: 'It broke the connection off.',
  UND_ERR_SOCKET: 'It broke the connection off.',
  ENOTFOUND: 'There is no host of that name.',
  EAI_AGAIN: 'The name of the host cannot be looked up now.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ETIMEDOUT: 'It did not answer in time.',
  UND_ERR_CONNECT_TIMEOUT: 'It did not answer in time.',
  UND_ERR_HEADERS_TIMEOUT: 'It did not answer in time.',
};

/** `fetch` wraps what happened; a name with several addresses fails with one error for each. */
function deepestCause(error: unknown): Error {
  if (error instanceof AggregateError && error.errors.length > 0) return deepestCause(error.errors[0]);
  if (error instanceof Error) return error.cause === undefined ? error : deepestCause(error.cause);
  return new Error(String(error));
}
