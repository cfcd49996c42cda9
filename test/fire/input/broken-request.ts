import fc from 'fast-check';
import { brokenDocument } from './broken-json.ts';
import { oddText } from './from-schema.ts';
import type { Request } from './http.ts';
import { encode } from './valid-request.ts';

/** What the service under fire takes as a body at most. */
export const MAX_BODY = 1024 * 1024;

type Break = (request: Request) => Request;

/** Valid requests of which one thing is not right. */
export function brokenRequest(valid: fc.Arbitrary<Request>): fc.Arbitrary<Request> {
  return fc.tuple(valid, breaks, bodyBreaks).map(([request, any, ofBody]) => {
    return request.body ? ofBody(request) : any(request);
  });
}

/** Requests for a list from a place that no page has ended at. */
export function fromNowhere(valid: fc.Arbitrary<Request>): fc.Arbitrary<Request> {
  return fc.tuple(valid, cursors()).map(([request, cursor]) => ({
    ...request,
    target: `${request.target.split('?')[0]}?cursor=${cursor}`,
  }));
}

const header = (name: string, values: string[]) =>
  fc.constantFrom(...values).map(
    (value): Break =>
      (request) =>
        withHeader(request, name, value),
  );

const method = fc
  .constantFrom(
    'PUT',
    'PATCH',
    'DELETE',
    'POST',
    'GET',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'get',
    'NONSENSE',
  )
  .map(
    (other): Break =>
      (request) => ({ ...request, method: other }),
  );

const path = fc
  .constantFrom(
    '/',
    '//',
    '/..',
    '/.',
    '%',
    '%00',
    '%zz',
    '%c0%af',
    '%2F',
    '%252e',
    ';x=1',
    '#x',
    '\\',
    '/x/y',
    '😀',
  )
  .map(
    (tail): Break =>
      (request) =>
        inPath(request, (text) => Buffer.from(text + tail).toString('latin1')),
  );
const otherPath = fc
  .constantFrom(
    '*',
    '/v1',
    '/v1/',
    '/V1/SITREPS',
    '/v1/%73itreps',
    '/v1//sitreps',
    '/v2/sitreps',
    '/.env',
    '/../etc',
  )
  .map(
    (target): Break =>
      (request) => ({ ...request, target }),
  );
const absolute: fc.Arbitrary<Break> = fc
  .constantFrom('http://127.0.0.1', 'http://example.com', 'https://localhost:1', 'ftp://x')
  .map((origin) => (request) => ({ ...request, target: origin + request.target }));
const longPath: fc.Arbitrary<Break> = fc
  .constantFrom(5_000, 20_000)
  .map((length) => (request) => inPath(request, (text) => text + 'a'.repeat(length)));
const segment: fc.Arbitrary<Break> = oddText.map(
  (text) => (request) => inPath(request, (path) => path.replace(/[^/]+$/, encode(text))),
);

const parameterName = fc.constantFrom(
  'limit',
  'cursor',
  'state',
  'class',
  'caseId',
  'dryRun',
  'serial',
  'since',
  'seen',
  '__proto__',
  'x',
  '',
);
const parameterValue = fc.oneof(
  oddText.map(encode),
  fc.constantFrom(
    '0',
    '-1',
    '1001',
    '1e2',
    '0x10',
    '%201',
    '1.5',
    '1e999',
    '٣',
    '+',
    '%',
    '%ff',
    'true',
    'x'.repeat(501),
  ),
  cursors().map(encode),
);
const query = fc.array(fc.tuple(parameterName, parameterValue), { minLength: 1, maxLength: 3 }).map(
  (parameters): Break =>
    (request) =>
      withQuery(request, parameters),
);
const repeated: Break = (request) =>
  withQuery(request, [...new URLSearchParams(request.target.split('?')[1])]);

const host = header('Host', [
  '',
  'example.com',
  'localhost.example.com',
  '[::1',
  'a b',
  '127.0.0.1:99999999',
  'user@localhost',
]);
const noHost: Break = (request) => withoutHeader(request, 'Host');
const twoHosts: Break = (request) => ({ ...request, headers: [...request.headers, ['Host', 'localhost']] });
const elsewhere = fc.oneof(
  header('Origin', ['http://example.com', 'null', '']),
  header('Sec-Fetch-Site', ['cross-site', 'same-site', 'nonsense']),
);
const expectation = header('Expect', ['100-continue', '100-Continue, x', 'nonsense', '']);
const oddHeader = fc.oneof(
  header('X-Odd', ['\u0001', 'a\tb', '\xff\xfe', 'a'.repeat(8_000), 'a'.repeat(20_000)]),
  header('X Odd', ['a']),
  header('Upgrade', ['websocket', 'h2c']),
  header('Accept', ['text/html', 'nonsense', '']),
  header('Range', ['bytes=0-1']),
  header('If-None-Match', ['*']),
  header('Cookie', ['__proto__=1']),
  header('X-Http-Method-Override', ['DELETE']),
);
const manyHeaders: Break = (request) => ({
  ...request,
  headers: [
    ...request.headers,
    ...Array.from({ length: 2_000 }, (_, n): [string, string] => [`X-${n}`, 'a']),
  ],
});
const aBody: Break = (request) => withBody(request, Buffer.from('{}'));
const announcesBody = header('Content-Length', ['-1', '+1', '1,1', '0x1', '99999999999999999999', 'x', '']);

const breaks: fc.Arbitrary<Break> = fc.oneof(
  ...[method, path, otherPath, absolute, longPath, segment, host, elsewhere, expectation, oddHeader],
  ...[noHost, twoHosts, manyHeaders, aBody, repeated].map((one) => fc.constant(one)),
  announcesBody,
  { weight: 8, arbitrary: query },
);

const contentType = header('Content-Type', [
  ...[
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json;',
    'APPLICATION/JSON',
    'application/jsonx',
    'application/x-ndjson',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json, text/html',
  ],
]);
const noContentType: Break = (request) => withoutHeader(request, 'Content-Type');
const encoding = header('Content-Encoding', ['gzip', 'br', 'identity', 'nonsense', '']);
const transfer = header('Transfer-Encoding', [
  'chunked',
  'gzip',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  'x',
]);
const chunked = fc.integer({ min: 1, max: 2_000 }).map(
  (size): Break =>
    (request) =>
      withChunks(request, size, '\r\n'),
);
const badChunks = fc.constantFrom('', '\n', ' ;x\r\n', '\r\nx').map(
  (end): Break =>
    (request) =>
      withChunks(request, 100, end),
);
const tooLarge: Break = (request) => withBody(request, Buffer.alloc(MAX_BODY + 1, ' '));
const tooLargeInChunks: Break = (request) => withChunks(tooLarge(request), 64 * 1024, '\r\n');
const empty: Break = (request) => withBody(request, Buffer.alloc(0));
const document = brokenDocument.map(
  (breakIt): Break =>
    (request) =>
      withBody(request, breakIt(documentIn(request))),
);

const bodyBreaks: fc.Arbitrary<Break> = fc.oneof(
  { weight: 4, arbitrary: breaks },
  { weight: 4, arbitrary: fc.oneof(contentType, encoding, transfer, chunked, badChunks) },
  { weight: 1, arbitrary: fc.constantFrom(noContentType, tooLarge, tooLargeInChunks, empty) },
  { weight: 20, arbitrary: document },
);

/** Cursors as pages end with them, but for times of which some don't exist. */
function cursors(): fc.Arbitrary<string> {
  const digits = (length: number, ...numbers: number[]) =>
    fc.constantFrom(...numbers).map((number) => String(number).padStart(length, '0'));
  return fc
    .tuple(
      digits(4, 0, 1, 1970, 2026, 9999),
      digits(2, 0, 1, 2, 4, 12, 13),
      digits(2, 0, 1, 28, 29, 30, 31, 32),
      digits(2, 0, 23, 24, 25),
      digits(2, 0, 59, 60),
      digits(2, 0, 59, 60, 61),
      digits(6, 0, 999_999),
      fc.uuid(),
      fc.constantFrom([], ['0x1'], ['18446744073709551615'], ['18446744073709551616']),
    )
    .map(([year, month, day, hour, minute, second, fraction, id, ena]) =>
      Buffer.from(
        JSON.stringify([`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`, id, ...ena]),
      ).toString('base64url'),
    );
}

/** Of lines the first one; what is made of it goes where they went. */
function documentIn({ body }: Request): unknown {
  const text = body?.toString() ?? '';
  return JSON.parse(text.startsWith('[') ? text : text.split('\n')[0] || 'null');
}

function inPath(request: Request, change: (path: string) => string): Request {
  const [path = '', ...query] = request.target.split('?');
  return { ...request, target: [change(path), ...query].join('?') };
}

function withQuery(request: Request, parameters: [string, string][]): Request {
  const more = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  return { ...request, target: `${request.target}${request.target.includes('?') ? '&' : '?'}${more}` };
}

function withoutHeader(request: Request, name: string): Request {
  return { ...request, headers: request.headers.filter(([one]) => one !== name) };
}

function withHeader(request: Request, name: string, value: string): Request {
  return { ...request, headers: [...withoutHeader(request, name).headers, [name, value]] };
}

function withBody(request: Request, body: Buffer): Request {
  return { ...withHeader(request, 'Content-Length', String(body.length)), body };
}

function withChunks(request: Request, size: number, end: string): Request {
  const { body } = request;
  if (!body) return request;
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}${end}`), chunk, Buffer.from('\r\n'));
  }
  chunks.push(Buffer.from('0\r\n\r\n'));
  const headers = withoutHeader(
    withHeader(request, 'Transfer-Encoding', 'chunked'),
    'Content-Length',
  ).headers;
  return { ...request, headers, body: Buffer.concat(chunks) };
}
