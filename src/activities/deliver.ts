import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { AttemptEnd } from '../model/delivery.ts';
import type { DeliveryRound, RoundCounts } from '../model/receiver-workflow.ts';
import { type Begun, beginAttempts, pendingDeliveries } from '../store/delivery-attempt.ts';
import { giveUpGone, giveUpIfFailing, readTarget } from '../store/receiver-health.ts';
import { sealedSecrets } from '../store/receiver-secret.ts';
import { type Mail, Outbox } from '../webhook/outbox.ts';
import { AttemptLog, type OnEnd } from './attempt-log.ts';
import { dispatch } from './dispatch.ts';
import { withHeartbeats } from './heartbeat.ts';
import { InHand } from './in-hand.ts';
import { Pace } from './pace.ts';
import { Places } from './places.ts';

/** Attempts under way at once for one receiver: enough to hide its latency, few enough not to be an attack on it. */
export const AT_ONCE = 32;
/**
 * Attempts that wait for a place beside those, at most: as many as are answered within AHEAD_MS, so that a receiver that
 * is fast doesn't wait for the database. Behind one that is slow none wait.
 */
const AHEAD = 224;
const AHEAD_MS = 50;
/** Its receiver has become slow: what has waited for so long is not sent, and is as if it had not been begun. */
const STALE_MS = 1_000;
/** Attempts whose end is being written: beyond that, no more are begun until Postgres has caught up. */
const UNWRITTEN = 1_024;
/** After so many times its time-out an attempt is taken for lost: it has ended, and there was time to record that. */
const LOST_AFTER = 2;
/** How long one activity goes on before its workflow hears how it went. */
const ROUND_MS = 30_000;
/** Without one success for that long, a receiver is given up. */
const GIVE_UP_AFTER_MS = 5 * 86_400_000;

export function deliveryActivities(
  pool: pg.Pool,
  client: Client,
  mail: Mail,
  stopping: AbortSignal,
  onEnd?: OnEnd,
) {
  return {
    /**
     * Sends what is due for a receiver, until nothing is, or the round is over. `nowMs` is Temporal's time, by which
     * all that is due is due.
     */
    deliverDue(receiverId: string, nowMs: number): Promise<DeliveryRound> {
      return withHeartbeats(async (progress) => {
        const round = new Round(pool, mail, receiverId, nowMs + lateness(), stopping, onEnd);
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
  readonly #onEnd: OnEnd | undefined;
  readonly #begun = performance.now();
  readonly #sent: RoundCounts = { delivered: 0, refused: 0 };
  #isGone = false;
  #failure: unknown;
  gaveUp = false;

  constructor(
    pool: pg.Pool,
    mail: Mail,
    receiverId: string,
    nowMs: number,
    stopping: AbortSignal,
    onEnd?: OnEnd,
  ) {
    this.#pool = pool;
    this.#mail = mail;
    this.#receiverId = receiverId;
    this.#nowMs = nowMs;
    this.#stopping = stopping;
    this.#onEnd = onEnd;
  }

  async run(onProgress: () => void): Promise<DeliveryRound> {
    const target = await readTarget(this.#pool, this.#receiverId);
    if (!target) return { kind: 'gone' };
    if (!target.enabled) return { kind: 'waits', sent: this.#sent, pending: 0, nextDueMs: null };
    const sealed = await sealedSecrets(this.#pool, this.#receiverId);
    const outbox = new Outbox(this.#mail, { id: this.#receiverId, endpoint: target.endpoint }, sealed);
    const log = new AttemptLog(this.#pool, this.#receiverId, target.retryDelays, this.#onEnd);
    const isOver = await this.#sendDue(outbox, log, onProgress);
    await this.#giveUpIfHopeless();
    if (!isOver) return { kind: 'more', sent: this.#sent };
    return { kind: 'waits', sent: this.#sent, ...(await pendingDeliveries(this.#pool, this.#receiverId)) };
  }

  /** False when the round ended before everything that is due was sent. */
  async #sendDue(outbox: Outbox, log: AttemptLog, onProgress: () => void): Promise<boolean> {
    const places = new Places(AT_ONCE);
    const inHand = new InHand();
    const pace = new Pace();
    try {
      for (let ahead = 0; ; ) {
        if (this.#isGone) return true;
        if (this.#stopping.aborted || performance.now() - this.#begun > ROUND_MS) return false;
        const due = await this.#begin(AT_ONCE + ahead - inHand.unanswered);
        ahead = Math.min(AHEAD, pace.within(AHEAD_MS, this.#answered));
        for (const one of due) void this.#attempt(one, places, inHand, outbox, log);
        if (inHand.isEmpty) return true;
        const answered = this.#answered;
        const hasRoom = () => this.#answered > answered && hasRoomFor(inHand, ahead);
        await inHand.until(() => this.#failure !== undefined || inHand.isEmpty || hasRoom());
        if (this.#failure) throw this.#failure;
        onProgress();
      }
    } finally {
      await inHand.until(() => inHand.isEmpty);
    }
  }

  #begin(limit: number): Promise<Begun[]> {
    const now = this.#now();
    const lost = new Date(now.getTime() + LOST_AFTER * this.#mail.sender.totalMs);
    return beginAttempts(this.#pool, this.#receiverId, limit, now, lost);
  }

  async #attempt(
    begun: Begun,
    places: Places,
    inHand: InHand,
    outbox: Outbox,
    log: AttemptLog,
  ): Promise<void> {
    const waitsSince = performance.now();
    const isStale = () => this.#isGone || this.#stopping.aborted || performance.now() - waitsSince > STALE_MS;
    const send = async () => {
      if (isStale()) return null;
      const end = await outbox.send(begun);
      this.#note(end);
      return end;
    };
    try {
      await inHand.hold(
        () => places.within(send),
        (end) => (end ? log.write(begun, end, this.#now()) : log.takeBack(begun)),
      );
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #note({ outcome, status }: AttemptEnd): void {
    if (outcome === 'delivered') this.#sent.delivered += 1;
    else if (outcome !== 'unknown') this.#sent.refused += 1;
    if (status === GONE) this.#isGone = true;
  }

  get #answered(): number {
    return this.#sent.delivered + this.#sent.refused;
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

/** At least half of what may be in hand: more in one statement, and no place is free for long. */
function hasRoomFor({ unanswered, unwritten }: InHand, ahead: number): boolean {
  return unanswered <= (AT_ONCE + ahead) / 2 && unwritten < UNWRITTEN;
}
