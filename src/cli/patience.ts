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
/** The longest that is waited because the service asks for it: what a token has to wait that asked too often. */
const LONGEST_ASKED = 60_000;

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
    const asked = askedPause(reply);
    if (asked > LONGEST_ASKED) return { reply, attempts };
    const ms = Math.max(asked, pauseBefore(attempts - 1, patience));
    const { message } = client.failureOf(reply);
    const when = asked === 0 ? '' : ` in ${Math.ceil(ms / 1_000)} s`;
    note(`${message} Trying again${when} (${attempts + 1} of ${patience.attempts}).`);
    await pause(ms);
  }
}

type Unanswered = Exclude<Reply<unknown>, { kind: 'answer' }>;

/** What a later attempt may find mended. A proxy says 502 or 504 for a service that is being restarted. */
export function mayPass(reply: Unanswered): boolean {
  return reply.kind === 'silence' || [429, 502, 503, 504].includes(reply.status);
}

/** How long the service asks to be left alone. */
function askedPause(reply: Unanswered): number {
  return reply.kind === 'problem' ? (reply.retryAfterMs ?? 0) : 0;
}

export function pauseBefore(attempt: number, { firstPauseMs, longestPauseMs }: Patience): number {
  return Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
}
