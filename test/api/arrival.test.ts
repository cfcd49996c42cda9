import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readBody } from '../../src/api/arrival.ts';
import { TestService, typeOf } from './harness.ts';

const MOST = 1_000;
const AT_ONCE = { grace: 1, least: Number.POSITIVE_INFINITY };

test('a body is read whole, in whatever pieces it comes', async () => {
  const stream = new PassThrough();
  const read = readBody(stream, MOST);
  for (const piece of ['{"a"', ':', '1}']) stream.write(piece);
  stream.end();
  expect((await read).toString()).toBe('{"a":1}');
});

test('a body may have as many bytes as are allowed, and not one more', async () => {
  const read = (bytes: number) => {
    const stream = new PassThrough();
    stream.end(Buffer.alloc(bytes));
    return readBody(stream, MOST);
  };
  expect(await read(MOST)).toHaveLength(MOST);
  await expect(read(MOST + 1)).rejects.toMatchObject({ problem: 'body-too-large' });
});

test('a body that comes too slowly is given up, and what still comes is thrown away', async () => {
  const stream = new PassThrough();
  stream.write('{');
  await expect(readBody(stream, MOST, AT_ONCE)).rejects.toMatchObject({ problem: 'request-timeout' });
  stream.end(Buffer.alloc(MOST * MOST));
  await expect.poll(() => stream.readableEnded).toBe(true);
});

test('a body whose connection breaks is given up', async () => {
  const stream = new PassThrough();
  const read = readBody(stream, MOST);
  stream.destroy(new Error('aborted'));
  await expect(read).rejects.toMatchObject({ problem: 'bad-request' });
});

test('[I32] whoever announces large bodies and sends nothing keeps others waiting, but not until they are refused', async () => {
  const service = await TestService.start({ worker: false, maxBodyBytes: MOST });
  try {
    const stalled = await Promise.all(Array.from({ length: 4 }, () => announce(service.api.port)));
    const given = Promise.all(stalled.map(nextText));
    const reply = await service.api.submit({});
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 422, type: 'invalid-sitrep' });
    for (const answer of await given)
      expect(answer).toMatch(/^HTTP\/1\.1 408 .*connection: close.*request-timeout/is);
  } finally {
    await service.close();
  }
}, 90_000);

/** Announces a body of the largest size. The service has admitted it when it says that it may be sent. */
async function announce(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const headers = ['Host: localhost', 'Content-Type: application/json', `Content-Length: ${MOST}`];
  socket.write(['POST /v1/sitreps HTTP/1.1', ...headers, 'Expect: 100-continue', '', '{'].join('\r\n'));
  expect(await nextText(socket)).toMatch(/^HTTP\/1\.1 100 /);
  return socket;
}

async function nextText(socket: Socket): Promise<string> {
  const [bytes] = await once(socket, 'data');
  return String(bytes);
}
