import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { DeliveryRound, RoundCounts } from '../model/receiver-workflow.ts';
import { type Begun, beginAttempts, pendingDeliveries } from '../store/delivery-attempt.ts';
import { giveUpGone, giveUpIfFailing, readTarget } from '../store/receiver-health.ts';
import { sealedSecrets } from '../store/receiver-secret.ts';
import { type Mail, Outbox } from '../webhook/outbox.ts';
import { AttemptLog } from './attempt-log.ts';
import { dispatch } from './dispatch.ts';
import { withHeartbeats } from './heartbeat.ts';

/** Attempts under way at once for one receiver: enough to hide its latency, few enough not to be an attack on it. */
const AT_ONCE = 32;
/** After so many times its time-out an attempt is taken for lost: it has ended, and there was time to record that. */
const LOST_AFTER = 2;
/** How long one activity goes on before its workflow hears how it went. */
const ROUND_MS = 30_000;
/** Without one success for that long, a receiver is given up. */
const GIVE_UP_AFTER_MS = 5 * 86_400_000;

export function deliveryActivities(pool: pg.Pool, client: Client, mail: Mail, stopping: AbortSignal) {
  return {
    /**
     * Sends what is due for a receiver, until nothing is, or the round is over. `nowMs` is Temporal's time, by which
     * all that is due is due.
     */
    deliverDue(receiverId: string, nowMs: number): Promise<DeliveryRound> {
      return withHeartbeats(async (progress) => {
        const round = new Round(pool, mail, receiverId, nowMs + lateness(), stopping);
        const result = await round.run(() => progress(undefined));
        // The alert that says so has to be told to somebody, too.
        if (round.gaveUp) await dispatch(pool, client);
        return result;
      });
    },
  };
}

class Round {
  readonly #pool: pg.Pool;
  readonly #mail: Mail;
  readonly #receiverId: string;
  readonly #nowMs: number;
  readonly #stopping: AbortSignal;
  readonly #begun = performance.now();
  readonly #sent: RoundCounts = { delivered: 0, refused: 0 };
  #isGone = false;
  #failure: unknown;
  gaveUp = false;

  constructor(pool: pg.Pool, mail: Mail, receiverId: string, nowMs: number, stopping: AbortSignal) {
    this.#pool = pool;
    this.#mail = mail;
    this.#receiverId = receiverId;
    this.#nowMs = nowMs;
    this.#stopping = stopping;
  }

  async run(onProgress: () => void): Promise<DeliveryRound> {
    const target = await readTarget(this.#pool, this.#receiverId);
    if (!target) return { kind: 'gone' };
    if (!target.enabled) return { kind: 'waits', sent: this.#sent, pending: 0, nextDueMs: null };
    const sealed = await sealedSecrets(this.#pool, this.#receiverId);
    const outbox = new Outbox(this.#mail, { id: this.#receiverId, endpoint: target.endpoint }, sealed);
    const log = new AttemptLog(this.#pool, this.#receiverId, target.retryDelays);
    const isOver = await this.#sendDue(outbox, log, onProgress);
    await this.#giveUpIfHopeless();
    if (!isOver) return { kind: 'more', sent: this.#sent };
    return { kind: 'waits', sent: this.#sent, ...(await pendingDeliveries(this.#pool, this.#receiverId)) };
  }

  /** False when the round ended before everything that is due was sent. */
  async #sendDue(outbox: Outbox, log: AttemptLog, onProgress: () => void): Promise<boolean> {
    const underWay = new Set<Promise<void>>();
    try {
      for (;;) {
        if (this.#isGone) return true;
        if (this.#stopping.aborted || performance.now() - this.#begun > ROUND_MS) return false;
        const due = await this.#begin(AT_ONCE - underWay.size);
        for (const one of due) {
          const attempt = this.#attempt(one, outbox, log)
            .catch((error: unknown) => {
              this.#failure ??= error;
            })
            .finally(() => underWay.delete(attempt));
          underWay.add(attempt);
        }
        if (underWay.size === 0) return true;
        await untilRoom(underWay);
        if (this.#failure) throw this.#failure;
        onProgress();
      }
    } finally {
      await Promise.all(underWay);
    }
  }

  #begin(limit: number): Promise<Begun[]> {
    const now = this.#now();
    const lost = new Date(now.getTime() + LOST_AFTER * this.#mail.sender.totalMs);
    return beginAttempts(this.#pool, this.#receiverId, limit, now, lost);
  }

  async #attempt(begun: Begun, outbox: Outbox, log: AttemptLog): Promise<void> {
    const end = await outbox.send(begun);
    if (end.outcome === 'delivered') this.#sent.delivered += 1;
    else if (end.outcome !== 'unknown') this.#sent.refused += 1;
    if (end.status === GONE) this.#isGone = true;
    await log.write(begun, end, this.#now());
  }

  async #giveUpIfHopeless(): Promise<void> {
    if (this.#isGone) {
      this.gaveUp = await giveUpGone(this.#pool, this.#receiverId, this.#now());
    } else if (this.#sent.refused > 0 && this.#sent.delivered === 0) {
      this.gaveUp = await giveUpIfFailing(this.#pool, this.#receiverId, GIVE_UP_AFTER_MS, this.#now());
    }
  }

  /** Temporal's time: what the workflow said, and what has passed since. */
  #now(): Date {
    return new Date(this.#nowMs + performance.now() - this.#begun);
  }
}

/**
 * How much later than the first one this attempt was scheduled: by the old time, what it begins would be taken for lost
 * too soon by a run that knows the new one.
 */
function lateness(): number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  return currentAttemptScheduledTimestampMs - scheduledTimestampMs;
}

/** RFC 9110, 15.5.11: it is not there any more, and wants no more. */
const GONE = 410;

/** Waits until at least half of the places are free: more in one statement, and none idle for long. */
async function untilRoom(underWay: Set<Promise<void>>): Promise<void> {
  do {
    await Promise.race(underWay);
  } while (underWay.size > AT_ONCE / 2);
}
