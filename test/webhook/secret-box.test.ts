import { describe, expect, test } from 'vitest';
import { newSecretKey, SecretBox } from '../../src/webhook/secret-box.ts';
import { newSecret } from '../../src/webhook/signature.ts';

const secret = newSecret();
const box = new SecretBox(newSecretKey());
const sealed = box.seal(secret, 'here');

describe('a sealed secret', () => {
  test('is opened where it was put', () => {
    expect(box.open(sealed, 'here')).toBe(secret);
  });

  test('is sealed differently each time, and nothing of it is seen', () => {
    expect(box.seal(secret, 'here')).not.toEqual(sealed);
    expect(sealed.includes(secret)).toBe(false);
    expect(sealed.includes(Buffer.from(secret.slice('whsec_'.length), 'base64'))).toBe(false);
  });

  test.each([
    ['elsewhere', (bytes: Buffer) => bytes, 'there', box],
    ['with another key', (bytes: Buffer) => bytes, 'here', new SecretBox(newSecretKey())],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1), 'here', box],
    ['with a short tag', (bytes: Buffer) => bytes.subarray(0, 20), 'here', box],
    ['empty', () => Buffer.alloc(0), 'here', box],
  ])('is not opened %s, and no error quotes it', (_, change, place, by) => {
    const open = () => by.open(change(sealed), place);
    expect(open).toThrow(`The secret ${place} was not sealed with the present SITREP_SECRET_KEY.`);
  });

  test('is not opened with any bit changed', () => {
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] as number) ^ 1;
      expect(() => box.open(changed, 'here')).toThrow('was not sealed');
    }
  });
});

test.each(['', 'short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')])(
  'the key %j is refused',
  (key) => {
    expect(() => new SecretBox(key)).toThrow('SITREP_SECRET_KEY must be base64 of 32 bytes');
  },
);
