import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { AttemptEnd } from '../../src/model/delivery.ts';
import { AddressPolicy } from '../../src/webhook/address-policy.ts';
import { Sender, type SenderOptions } from '../../src/webhook/sender.ts';
import { answering, Listener } from '../support/listener.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function listen(onSocket: (socket: Socket) => void): Promise<Listener> {
  const listener = await Listener.start(onSocket);
  undo.push(() => listener.stop());
  return listener;
}

function senderTo(cidrs: string[], options: Partial<SenderOptions> = {}): Sender {
  const sender = new Sender(new AddressPolicy(cidrs), options);
  undo.push(() => sender.close());
  return sender;
}

const send = (sender: Sender, endpoint: string): Promise<AttemptEnd> =>
  sender.send({ endpoint, headers: { 'webhook-id': 'x' }, body: '{}' });

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const THIS_MACHINE = ['127.0.0.0/8'];
const PUBLIC = { address: '93.184.215.14', family: 4 };
const HERE = { address: '127.0.0.1', family: 4 };

describe('an answer', () => {
  test.each([
    [200, 'delivered'],
    [201, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [300, 'rejected'],
    [304, 'rejected'],
    [400, 'rejected'],
    [404, 'rejected'],
    [410, 'rejected'],
    [429, 'rejected'],
    [500, 'rejected'],
    [503, 'rejected'],
    [599, 'rejected'],
  ])('of %i means %s', async (status, outcome) => {
    const { port } = await listen(answering(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));
    expect(await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${port}/`)).toMatchObject({
      outcome,
      status,
    });
  });

  test.each([
    [429, 30],
    [503, 30],
    [500, null],
    [200, null],
    [302, null],
  ])('of %i with Retry-After: 30 asks for %s s', async (status, retryAfter) => {
    const head = `HTTP/1.1 ${status} X\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n`;
    const { port } = await listen(answering(head));
    expect(await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${port}/`)).toMatchObject({ retryAfter });
  });

  test.each([
    ['its body', 'HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\nhushed'],
    ['its reason', 'HTTP/1.1 500 hushed\r\ncontent-length: 0\r\n\r\n'],
    ['its headers', 'HTTP/1.1 500 X\r\nx-hushed: hushed\r\ncontent-length: 0\r\n\r\n'],
    ['where it leads', 'HTTP/1.1 302 X\r\nlocation: http://hushed/\r\ncontent-length: 0\r\n\r\n'],
    ['what is no HTTP', 'hushed\r\n\r\n'],
    ['a broken head', 'HTTP/1.1 200 X\r\nhushed hushed\r\n\r\n'],
    ['a broken length', 'HTTP/1.1 200 X\r\ncontent-length: hushed\r\n\r\n'],
    ['a head that is too large', `HTTP/1.1 200 X\r\nx: ${'hushed'.repeat(10_000)}\r\n\r\n`],
    ['a length twice', 'HTTP/1.1 200 X\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhushed'],
    ['another protocol', 'HTTP/1.1 101 X\r\nupgrade: hushed\r\nconnection: upgrade\r\n\r\nhushed'],
  ])('is not echoed: %s', async (_, bytes) => {
    const { port } = await listen(answering(bytes));
    const end = await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${port}/`);
    expect(end.outcome).not.toBe('delivered');
    expect(JSON.stringify(end)).not.toContain('hushed');
  });

  test('with a redirect is not followed, also not to where one may not go', async () => {
    const open = await listen(answering(OK));
    const forbidden = await listen(answering(OK));
    for (const status of [301, 302, 303, 307, 308]) {
      for (const location of [`http://127.0.0.1:${open.port}/`, `http://localhost:${forbidden.port}/`]) {
        const { port } = await listen(
          answering(`HTTP/1.1 ${status} X\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
        );
        expect(await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${port}/`)).toEqual({
          outcome: 'rejected',
          status,
          detail: 'Redirects are not followed.',
          retryAfter: null,
        });
      }
    }
    expect([open.connections, forbidden.connections]).toEqual([0, 0]);
  });
});

describe('an endpoint that may not be reached', () => {
  /** Each way to say "this machine"; `PORT` stands for a port at which something would answer. */
  const SPELLINGS = [
    'http://127.0.0.1:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://127.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0X7F.0.0.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://017700000001:PORT/',
    'http://127.0x0.0.01:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127。0。0。1:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::1]:PORT/',
    'http://[0:0:0:0:0:0:0:1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::FFFF:7F00:1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'https://127.0.0.1:PORT/',
    'https://[::ffff:7f00:1]:PORT/',
    'https://localhost:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
    'http:127.0.0.1:PORT/',
    '  http://127.0.0.1:PORT/',
    'ht\ntp://127.0.0.1:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://10.0.0.1/',
    'http://[fd00:ec2::254]/',
  ];

  test.each(SPELLINGS)('is found out before it is saved, and when it is sent to: %j', async (spelling) => {
    const here = await listen(answering(OK));
    const sender = senderTo([]);
    const endpoint = spelling.replace('PORT', String(here.port));
    expect(await sender.endpointFault(endpoint)).toMatch(
      /^leads to .+, which deliveries may not be sent to$/,
    );
    expect(await send(sender, endpoint)).toMatchObject({ outcome: 'forbidden', status: null });
    expect(here.connections).toBe(0);
  });

  test.each([
    ['leads there', [HERE]],
    ['leads there as well', [PUBLIC, HERE]],
    ['leads there first', [HERE, PUBLIC]],
    ['leads there in IPv6', [PUBLIC, { address: '::ffff:127.0.0.1', family: 6 }]],
    ['leads to a zone', [{ address: 'fe80::1%lo', family: 6 }]],
  ])('is a name that %s', async (_, addresses) => {
    const here = await listen(answering(OK));
    const sender = senderTo([], { resolve: async () => addresses });
    const endpoint = `http://hook.example.com:${here.port}/`;
    expect(await sender.endpointFault(endpoint)).toContain('which deliveries may not be sent to');
    const end = await send(sender, endpoint);
    expect(end).toMatchObject({ outcome: 'forbidden' });
    expect(end.detail).toMatch(/^Deliveries may not be sent to hook\.example\.com, which is /);
    expect(here.connections).toBe(0);
  });

  test('is a name that resolves to another address at the second look-up', async () => {
    const here = await listen(answering(OK));
    const answers = [[PUBLIC], [HERE]];
    const sender = senderTo([], { resolve: async () => answers.shift() ?? [HERE] });
    const endpoint = `http://rebind.example.com:${here.port}/`;
    expect(await sender.endpointFault(endpoint)).toBeNull();
    expect(await send(sender, endpoint)).toMatchObject({ outcome: 'forbidden' });
    expect(here.connections).toBe(0);
  });

  test('is asked about each time that a connection is made, also when an earlier one was allowed', async () => {
    const here = await listen((socket) => {
      answering('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')(socket);
      socket.on('data', () => socket.end());
    });
    const answers = [[HERE], [{ address: '10.0.0.1', family: 4 }]];
    const sender = senderTo(THIS_MACHINE, { resolve: async () => answers.shift() ?? [] });
    const endpoint = `http://rebind.example.com:${here.port}/`;
    expect(await send(sender, endpoint)).toMatchObject({ outcome: 'delivered' });
    expect(await send(sender, endpoint)).toMatchObject({ outcome: 'forbidden' });
    expect(here.connections).toBe(1);
  });

  test('is the one that was looked at: its address is what is connected to', async () => {
    const here = await listen(answering(OK));
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [HERE];
    };
    const end = await send(senderTo(THIS_MACHINE, { resolve }), `http://nowhere.invalid:${here.port}/`);
    expect([end.outcome, asked, here.connections]).toEqual(['delivered', 1, 1]);
  });

  test.each(['ftp', 'file', 'ws', 'gopher', 'unix'])('has the scheme %s', async (scheme) => {
    const here = await listen(answering(OK));
    const end = await send(senderTo(THIS_MACHINE), `${scheme}://127.0.0.1:${here.port}/`);
    expect(end.outcome).toBe('unreachable');
    expect(here.connections).toBe(0);
  });
});

test('what an operator opens is open, by number and by name', async () => {
  const here = await listen(answering(OK));
  const sender = senderTo(THIS_MACHINE, { resolve: async () => [HERE] });
  for (const host of ['127.0.0.1', '2130706433', 'receiver.internal']) {
    const endpoint = `http://${host}:${here.port}/`;
    expect(await sender.endpointFault(endpoint)).toBeNull();
    expect(await send(sender, endpoint)).toMatchObject({ outcome: 'delivered' });
  }
});

test('a name without an address is no fault yet, and cannot be reached', async () => {
  const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const sender = senderTo([], { resolve: () => Promise.reject(notFound) });
  expect(await sender.endpointFault('http://not-yet.example.com/')).toBeNull();
  expect(await send(sender, 'http://not-yet.example.com/')).toEqual({
    outcome: 'unreachable',
    status: null,
    detail: 'ENOTFOUND',
    retryAfter: null,
  });
});

test('nobody at the port cannot be reached', async () => {
  const gone = await Listener.start(() => {});
  await gone.stop();
  expect(await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${gone.port}/`)).toMatchObject({
    outcome: 'unreachable',
    detail: 'ECONNREFUSED',
  });
});

test('a certificate that nobody vouches for cannot be trusted', async () => {
  const plain = await listen((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  const end = await send(senderTo(THIS_MACHINE), `https://127.0.0.1:${plain.port}/`);
  expect(end.outcome).toBe('unreachable');
});

describe('a proxy of the environment', () => {
  const SCRIPT = `
    import { AddressPolicy } from './src/webhook/address-policy.ts';
    import { Sender } from './src/webhook/sender.ts';
    const [endpoint, cidr] = process.argv.slice(1);
    const sender = new Sender(new AddressPolicy(cidr ? [cidr] : []));
    console.log(JSON.stringify(await sender.send({ endpoint, headers: {}, body: '{}' })));
    await sender.close();`;

  async function sendFromProcess(proxy: Listener, endpoint: string, cidr: string): Promise<AttemptEnd> {
    const url = `http://127.0.0.1:${proxy.port}`;
    const names = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
    const env = {
      ...process.env,
      ...Object.fromEntries(names.map((name) => [name, url])),
      NO_PROXY: '',
      no_proxy: '',
      NODE_USE_ENV_PROXY: '1',
    };
    const program = ['--input-type=module', '--eval', SCRIPT, endpoint, cidr];
    const { stdout } = await promisify(execFile)(process.execPath, program, { env });
    return JSON.parse(stdout);
  }

  test('is not used', async () => {
    const proxy = await listen(answering(OK));
    const here = await listen(answering(OK));
    const end = await sendFromProcess(proxy, `http://127.0.0.1:${here.port}/`, '127.0.0.0/8');
    expect([end.outcome, here.connections, proxy.connections]).toEqual(['delivered', 1, 0]);
  });

  test('opens no way to where one may not go', async () => {
    const proxy = await listen(answering(OK));
    for (const endpoint of ['http://10.0.0.1/', 'https://169.254.169.254/']) {
      expect(await sendFromProcess(proxy, endpoint, '')).toMatchObject({ outcome: 'forbidden' });
    }
    expect(proxy.connections).toBe(0);
  });
});

describe('a receiver that hangs is given up in time', () => {
  test('by default half a minute', () => {
    expect(senderTo([]).totalMs).toBe(30_000);
  });

  const SOON = { connectMs: 300, totalMs: 1_500 };
  const TIMED_OUT = { outcome: 'timed-out', status: null, detail: 'It did not answer in time.' };
  const scheme = (name: 'http' | 'https', { port }: Listener) => `${name}://127.0.0.1:${port}/`;

  test('when its name is looked up', async () => {
    const sender = senderTo([], { ...SOON, resolve: () => new Promise(() => {}) });
    expect(await send(sender, 'http://slow.example.com/')).toMatchObject(TIMED_OUT);
  });

  test('when it accepts no connection', async () => {
    // A process that is stopped, with room in its queue for almost nobody.
    const script = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
      () => { console.log(s.address().port); process.kill(process.pid, 'SIGSTOP'); });`;
    const stopped = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    undo.push(async () => {
      stopped.kill('SIGKILL');
      await once(stopped, 'exit');
    });
    const [port] = await once(stopped.stdout, 'data');
    const sender = senderTo(THIS_MACHINE, SOON);
    const ends = await Promise.all(
      Array.from({ length: 6 }, () => send(sender, `http://127.0.0.1:${String(port).trim()}/`)),
    );
    for (const end of ends) expect(end).toMatchObject(TIMED_OUT);
  });

  test('when it does not shake hands for TLS', async () => {
    const mute = await listen((socket) => socket.resume());
    expect(await send(senderTo(THIS_MACHINE, SOON), scheme('https', mute))).toMatchObject(TIMED_OUT);
    await expect.poll(() => mute.open).toBe(0);
  });

  test.each([
    ['sends nothing', ''],
    ['sends half a head', 'HTTP/1.1 200 OK\r\nx: '],
    ['sends one interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('when it %s', async (_, bytes) => {
    const mute = await listen(answering(bytes));
    expect(await send(senderTo(THIS_MACHINE, SOON), scheme('http', mute))).toMatchObject(TIMED_OUT);
    await expect.poll(() => mute.open).toBe(0);
  });

  test('when it sends a head without end', async () => {
    const dripping = await listen((socket) => {
      socket.resume();
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x: y\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await send(senderTo(THIS_MACHINE, SOON), scheme('http', dripping))).toMatchObject(TIMED_OUT);
  });

  test.each([
    [200, 'delivered'],
    [500, 'rejected'],
  ])('when its body has no end, and %i it has said', async (status, outcome) => {
    const dripping = await listen((socket) => {
      socket.resume();
      socket.write(`HTTP/1.1 ${status} X\r\ntransfer-encoding: chunked\r\n\r\n`);
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await send(senderTo(THIS_MACHINE, SOON), scheme('http', dripping))).toMatchObject({
      outcome,
      status,
    });
    await expect.poll(() => dripping.open).toBe(0);
  });
});

describe('a sender that is closed', () => {
  const UNKNOWN = {
    outcome: 'unknown',
    status: null,
    detail: 'Whoever sent it was stopped before it was answered.',
    retryAfter: null,
  };

  test.each([
    ['not been answered', ''],
    ['been answered in part', 'HTTP/1.1 200 OK\r\nx: '],
  ])('does not know the end of what has %s, and leaves no connection', async (_, bytes) => {
    const mute = await listen(answering(bytes));
    const sender = senderTo(THIS_MACHINE);
    const sending = send(sender, `http://127.0.0.1:${mute.port}/`);
    await expect.poll(() => mute.open).toBe(1);
    await sender.close();
    expect(await sending).toEqual(UNKNOWN);
    await expect.poll(() => mute.open).toBe(0);
  });

  test('does not wait for a name to be looked up, and sends nothing more', async () => {
    const here = await listen(answering(OK));
    const sender = senderTo(THIS_MACHINE, { resolve: () => new Promise(() => {}) });
    const sending = send(sender, 'http://slow.example.com/');
    await sender.close();
    expect(await sending).toEqual(UNKNOWN);
    expect(await send(sender, `http://127.0.0.1:${here.port}/`)).toEqual(UNKNOWN);
    expect(here.connections).toBe(0);
  });
});

test('of a huge answer only the beginning is read', async () => {
  let written = 0;
  const piece = Buffer.alloc(64 * 1024, 'x');
  const huge = await listen((socket) => {
    const write = () => {
      while (!socket.destroyed && socket.write(piece)) written += piece.length;
      written += piece.length;
    };
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n');
      write();
    });
    socket.on('drain', write);
  });
  const end = await send(senderTo(THIS_MACHINE), `http://127.0.0.1:${huge.port}/`);
  expect(end).toMatchObject({ outcome: 'delivered' });
  await expect.poll(() => huge.open).toBe(0);
  // What the kernel buffers on both sides, and nothing like what was announced.
  expect(written).toBeLessThan(64 * 1024 * 1024);
});
