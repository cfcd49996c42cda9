import type { Readable } from 'node:stream';
import { Problem } from '../model/problem.ts';

/**
 * How slowly a body may come. Each that arrives has a place among few; without this bound, whoever announces large
 * bodies and sends nothing would keep all others waiting until they are refused.
 */
export interface Pace {
  /** Milliseconds for the first bytes, and for a pause later. */
  grace: number;
  /** Bytes a second, on average. */
  least: number;
}
const PACE: Pace = { grace: 10_000, least: 16 * 1024 };
/** Milliseconds between two looks at what has come. */
const LOOKS = 1_000;

/** Reads a body whole, or rejects with the problem that it is too large, or too slow. */
export function readBody(stream: Readable, most: number, { grace, least }: Pace = PACE): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const begun = performance.now();
  const looking = setInterval(
    () => {
      const seconds = (performance.now() - begun - grace) / 1_000;
      if (seconds > 0 && length < seconds * least) reject(tooSlow());
    },
    Math.min(LOOKS, grace),
  );
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > most) reject(bodyTooLarge(most));
    else chunks.push(chunk);
  };
  const onEnd = () => {
    resolve(Buffer.concat(chunks, length));
    // The listener for errors, which stays as long as the request, would keep them.
    chunks.length = 0;
  };
  // Nobody hears this answer; it says in the log what happened.
  const onError = () => reject(new Problem('bad-request', 'The connection ended before the body did.'));
  stream.on('data', onData).on('end', onEnd).on('error', onError);
  return promise.finally(() => {
    clearInterval(looking);
    // What still comes of it is thrown away. The listener for errors stays: without one they would end the process.
    stream.off('data', onData).off('end', onEnd).resume();
  });
}

export function bodyTooLarge(most: number): Problem {
  return new Problem('body-too-large', `A body may have ${most} bytes (SITREP_MAX_BODY).`);
}

function tooSlow(): Problem {
  return new Problem('request-timeout', 'The body has come too slowly, or has stopped to come.');
}
