import { describe, expect, test } from 'vitest';
import { Faults } from '../../src/model/fault.ts';
import { DEFAULT_RETRY_DELAYS, ReceiverChange, ReceiverInput } from '../../src/model/receiver.ts';

const SOUND = { name: 'pager', endpoint: 'https://example.com/hook' };

/** Pointer and detail of each fault. */
function faults(input: unknown, schema: typeof ReceiverInput | typeof ReceiverChange = ReceiverInput) {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return [];
  const found = new Faults();
  found.addZod(parsed.error);
  return found.list.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

describe('a receiver as it is sent', () => {
  test('needs a name and an endpoint; the rest has defaults', () => {
    expect(ReceiverInput.parse(SOUND)).toEqual({
      ...SOUND,
      description: '',
      enabled: true,
      subscriptions: [],
      retryDelays: [...DEFAULT_RETRY_DELAYS],
    });
    expect(faults({})).toEqual(['/name is required', '/endpoint is required']);
  });

  test('is tried at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h', () => {
    const [S, M, H] = [1, 60, 3600];
    expect(DEFAULT_RETRY_DELAYS).toEqual([
      0,
      5 * S,
      5 * M,
      30 * M,
      2 * H,
      5 * H,
      10 * H,
      14 * H,
      20 * H,
      24 * H,
    ]);
  });

  test('has each pattern once', () => {
    const subscriptions = ['test.*', 'test.foo', 'test.*'];
    expect(ReceiverInput.parse({ ...SOUND, subscriptions }).subscriptions).toEqual(['test.*', 'test.foo']);
  });

  test.each([
    [{ name: '' }, '/name must be lower-case letters, digits, - and _'],
    [{ name: 'Pager' }, '/name must be lower-case letters, digits, - and _'],
    [{ name: '-a' }, '/name must be lower-case letters, digits, - and _'],
    [{ name: 'a\n' }, '/name must be lower-case letters, digits, - and _'],
    [{ name: '01a1f801-ccf0-714a-8655-876db0004c8d' }, '/name must not be a UUID, which ids are'],
    [{ name: 'a'.repeat(101) }, '/name must have at most 100 characters'],
    [{ endpoint: 'pager' }, '/endpoint must be a URL'],
    [{ endpoint: '' }, '/endpoint must be a URL'],
    [{ endpoint: 'ftp://example.com' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'file:///etc/passwd' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'unix:/var/run/docker.sock' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'gopher://127.0.0.1:70/' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'javascript:alert(1)' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'data:,x' }, '/endpoint must be an http or https URL'],
    [{ endpoint: 'https://me:pw@example.com' }, '/endpoint must not contain a user name or a password'],
    [{ endpoint: 'https://me@example.com' }, '/endpoint must not contain a user name or a password'],
    [{ endpoint: 'http://[fe80::1%25eth0]/' }, '/endpoint must be a URL'],
    [{ endpoint: 'http://a/\u0000b' }, '/endpoint must not contain the character NUL (U+0000)'],
    [{ endpoint: 'http://a/\ud800' }, '/endpoint must be well-formed Unicode, without lone surrogates'],
    [{ endpoint: `http://a/${'x'.repeat(2_000)}` }, '/endpoint must have at most 2000 characters'],
    [{ description: 'x'.repeat(1_001) }, '/description must have at most 1000 characters'],
    [{ description: '\u0000' }, '/description must not contain the character NUL (U+0000)'],
    [{ enabled: 'yes' }, '/enabled must be a boolean'],
    [
      { subscriptions: ['**', 'a.*_b'] },
      expect.stringMatching(/^\/subscriptions\/1 has the segment "\*_b"; /),
    ],
    [{ subscriptions: ['hardware.fan'] }, '/subscriptions/0 is not a known alert class'],
    [{ subscriptions: Array(101).fill('**') }, '/subscriptions must be at most 100'],
    [{ retryDelays: [] }, '/retryDelays must have at least one attempt'],
    [{ retryDelays: [0, -1] }, '/retryDelays/1 must be at least 0'],
    [{ retryDelays: [0, 604_801] }, '/retryDelays/1 must be at most 604800'],
    [{ retryDelays: Array(51).fill(0) }, '/retryDelays must have at most 50 attempts'],
    [{ secret: 'whsec_x' }, '/secret is not a known field'],
  ])('with %j is refused', (fields, fault) => {
    expect(faults({ ...SOUND, ...fields })).toEqual([fault]);
  });
});

describe('a change', () => {
  test('may name any of its fields, or none', () => {
    expect(ReceiverChange.parse({})).toEqual({});
    expect(ReceiverChange.parse({ enabled: false })).toEqual({ enabled: false });
  });

  test('is held to the same rules', () => {
    expect(faults({ endpoint: 'ftp://a', retryDelays: [], x: 1 }, ReceiverChange)).toEqual([
      '/endpoint must be an http or https URL',
      '/retryDelays must have at least one attempt',
      '/x is not a known field',
    ]);
  });
});
