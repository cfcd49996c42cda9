import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts secrets that rest in the database, under a key that does not. */
export class SecretBox {
  readonly #key: Buffer;

  /** @param key base64 of 32 bytes, from the environment */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64');
    if (this.#key.length !== KEY_BYTES) {
      throw new Error('SITREP_SECRET_KEY must be base64 of 32 bytes. Make one with: openssl rand -base64 32');
    }
  }

  /** `place` is where it will be kept: moved to another place, it can't be opened. */
  seal(secret: string, place: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws when the key is another one, or what was sealed has been changed or moved */
  open(sealed: Buffer, place: string): string {
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const opened = Buffer.concat([
        decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
      return opened.toString('utf8');
    } catch {
      throw new Error(`The secret ${place} was not sealed with the present SITREP_SECRET_KEY.`);
    }
  }
}

export function newSecretKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

/** Ties a sealed secret to its row. */
export function secretPlace(receiverId: string, secretId: string): string {
  return `${receiverId}/${secretId}`;
}
