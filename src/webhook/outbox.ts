import type { KeyObject } from 'node:crypto';
import type { AttemptEnd } from '../model/delivery.ts';
import { inAttemptSpan } from './attempt-span.ts';
import { type Announced, alertMessage } from './message.ts';
import { type SecretBox, secretPlace } from './secret-box.ts';
import type { Sender } from './sender.ts';
import { sign, signingKey } from './signature.ts';

/** What all deliveries are sent with. */
export interface Mail {
  sender: Sender;
  secrets: SecretBox;
}

/** Sends messages to one receiver, signed with each of its secrets. */
export class Outbox {
  readonly #sender: Sender;
  readonly #receiverId: string;
  readonly #endpoint: string;
  readonly #keys: KeyObject[];

  constructor(
    { sender, secrets }: Mail,
    { id, endpoint }: { id: string; endpoint: string },
    sealed: readonly { id: string; sealed: Buffer }[],
  ) {
    this.#sender = sender;
    this.#receiverId = id;
    this.#endpoint = endpoint;
    this.#keys = sealed.map((one) => signingKey(secrets.open(one.sealed, secretPlace(id, one.id))));
  }

  /** The message has the alert's id, in all attempts: by it a receiver knows what it has already. */
  send(alert: Announced): Promise<AttemptEnd> {
    return this.post(alert.id, alertMessage(alert), alert.sitrepId);
  }

  post(id: string, body: string, sitrepId: string | null = null): Promise<AttemptEnd> {
    return inAttemptSpan({ receiverId: this.#receiverId, messageId: id, sitrepId }, (traceHeaders) => {
      const seconds = Math.floor(Date.now() / 1000);
      const headers = { ...traceHeaders, ...sign(id, seconds, body, this.#keys) };
      return this.#sender.send({ endpoint: this.#endpoint, headers, body });
    });
  }
}
