import type { KeyObject } from 'node:crypto';
import type { AttemptEnd } from '../model/delivery.ts';
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
  readonly #endpoint: string;
  readonly #keys: KeyObject[];

  constructor(
    { sender, secrets }: Mail,
    { id, endpoint }: { id: string; endpoint: string },
    sealed: readonly { id: string; sealed: Buffer }[],
  ) {
    this.#sender = sender;
    this.#endpoint = endpoint;
    this.#keys = sealed.map((one) => signingKey(secrets.open(one.sealed, secretPlace(id, one.id))));
  }

  /** The message has the alert's id, in all attempts: by it a receiver knows what it has already. */
  send(alert: Announced): Promise<AttemptEnd> {
    return this.post(alert.id, alertMessage(alert));
  }

  post(id: string, body: string): Promise<AttemptEnd> {
    const seconds = Math.floor(Date.now() / 1000);
    const headers = { ...sign(id, seconds, body, this.#keys) };
    return this.#sender.send({ endpoint: this.#endpoint, headers, body });
  }
}
