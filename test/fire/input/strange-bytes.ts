import fc from 'fast-check';
import { bytesOf, type Request } from './http.ts';

/** What is sent on one connection, piece by piece. */
interface Sent {
  pieces: Buffer[];
  /** Answers that have to come. None: it is no whole request, and the client says that this was all. */
  least: number;
}

/** What a socket may bring that is hardly a request any more, or is one in an unusual way. Nothing of it writes. */
export function strangeBytes(
  submission: fc.Arbitrary<Request>,
  read: fc.Arbitrary<Request>,
): fc.Arbitrary<Sent> {
  const reading = read.map(bytesOf);
  const submitting = submission.map(bytesOf);
  return fc.oneof(
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => last(Buffer.from(bytes))) },
    { weight: 3, arbitrary: fc.constantFrom(...STRANGE).map((text) => last(Buffer.from(text, 'latin1'))) },
    { weight: 3, arbitrary: fc.tuple(submitting, fc.nat()).map(([bytes, at]) => last(cut(bytes, at))) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(reading, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 }))
        .map(([bytes, at, other]) => last(overwritten(bytes, at, Buffer.from(other)))),
    },
    { weight: 1, arbitrary: reading.map((bytes) => ({ pieces: split(bytes), least: 1 })) },
    {
      weight: 1,
      arbitrary: fc.array(read, { minLength: 1, maxLength: 20 }).map((requests) => ({
        pieces: [
          Buffer.concat([
            ...requests.map((one) => bytesOf(keptAlive(one))),
            ...requests.slice(0, 1).map(bytesOf),
          ]),
        ],
        least: requests.length + 1,
      })),
    },
  );
}

const STRANGE = [
  'GET /\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n',
  'GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n',
  'GET /livez HTTP/1.1\nHost: localhost\n\n',
  'GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n',
  'GET /livez HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n',
  'GET /livez HTTP/1.1\r\n: nameless\r\n\r\n',
  'GET  /livez  HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /liv\u0000ez HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /livez HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n',
  'POST /v1/sitreps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /v1/sitreps HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
  'POST /v1/sitreps HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
  '\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003',
  '\r\n\r\n\r\n\r\n',
  '',
];

function last(bytes: Buffer): Sent {
  return { pieces: [bytes], least: 0 };
}

function cut(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(0, at % bytes.length);
}

function overwritten(bytes: Buffer, at: number, other: Buffer): Buffer {
  const start = at % bytes.length;
  return Buffer.concat([bytes.subarray(0, start), other, bytes.subarray(start + other.length)]);
}

/** A byte at a time. */
function split(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}

function keptAlive({ headers, ...request }: Request): Request {
  return { ...request, headers: headers.filter(([name]) => name !== 'Connection') };
}
