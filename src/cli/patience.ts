import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient, Reply } from './api-client.ts';

/** How long a submission goes on when the service doesn't answer, and how long it waits for a decision. */
export interface Patience {
  /** Times that the same is sent; each is one submission, since what is sent has its id. */
  attempts: number;
  /** Times that an undecided sitrep is asked for. */
  asks: number;
  /** The first pause; each that follows is twice as long, up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
}

export const PATIENCE: Patience = { attempts: 5, asks: 10, firstPauseMs: 250, longestPauseMs: 5_000 };

export type Note = (line: string) => void;

/** Sends the same until there is an answer, or a problem that is there to stay, or no attempts are left. */
export async function sendPatiently<Value>(
  client: ApiClient,
  send: () => Promise<Reply<Value>>,
  note: Note,
  patience: Patience = PATIENCE,
): Promise<{ reply: Reply<Value>; attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    const reply = await send();
    if (reply.kind === 'answer' || !mayPass(reply) || attempts >= patience.attempts) {
      return { reply, attempts };
    }
    const { message } = client.failureOf(reply);
    note(`${message} Trying again (${attempts + 1} of ${patience.attempts}).`);
    await pause(pauseBefore(attempts - 1, patience));
  }
}

/** What a later attempt may find mended. A proxy says 502 or 504 for a service that is being restarted. */
export function mayPass(reply: Exclude<Reply<unknown>, { kind: 'answer' }>): boolean {
  return reply.kind === 'silence' || [502, 503, 504].includes(reply.status);
}

export function pauseBefore(attempt: number, { firstPauseMs, longestPauseMs }: Patience): number {
  return Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
}
