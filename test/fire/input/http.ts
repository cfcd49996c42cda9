import { connect, type Socket } from 'node:net';

/** A request as it goes onto the wire, wrong ones included: Node's client would refuse to send those. */
export interface Request {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: Buffer | null;
}
export interface Answer {
  status: number;
  /** By names in lower case. */
  headers: Map<string, string>;
  body: Buffer;
}

/** Longer than anything that is documented takes; whoever waits longer than that, waits for ever. */
const PATIENCE = 60_000;

export function bytesOf({ method, target, headers, body }: Request): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), body ?? Buffer.alloc(0)]);
}

/**
 * Sends bytes over a connection of their own, in the given pieces, and returns the answers that came until the
 * service closed it. With `halfClose` the client says that it has nothing more to send, which is no farewell.
 */
export async function exchange(
  port: number,
  pieces: Buffer[],
  { methods, halfClose = false }: { methods: string[]; halfClose?: boolean },
): Promise<Answer[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const answered = readToEnd(socket);
  for (const piece of pieces) {
    if (socket.destroyed || socket.writableEnded) break;
    // What the service does not want to hear any more is its own affair.
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  if (halfClose) socket.end();
  return readAnswers(await answered, methods);
}

function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const got = Buffer.concat(chunks).toString('latin1').slice(0, 500);
      reject(new Error(`After ${PATIENCE / 1000} s the connection is still open; what came was: ${got}`));
      socket.destroy();
    }, PATIENCE);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A reset after the answer, since the service has stopped to listen; before one, the answers are missing.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** `methods`: of the requests in their order, since an answer to HEAD has no body. */
function readAnswers(bytes: Buffer, methods: string[]): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { answer, end } = readAnswer(bytes, at, methods[answers.length] === 'HEAD');
    // 100 Continue is no answer yet.
    if (answer.status >= 200) answers.push(answer);
    at = end;
  }
  return answers;
}

function readAnswer(bytes: Buffer, start: number, bodiless: boolean): { answer: Answer; end: number } {
  const headEnd = bytes.indexOf('\r\n\r\n', start);
  const [statusLine = '', ...lines] = bytes.toString('latin1', start, Math.max(headEnd, start)).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (!status) throw new Error(`This is no answer: ${bytes.toString('latin1', start, start + 300)}`);
  const headers = new Map(lines.map(readHeader));
  const begin = headEnd + 4;
  if (bodiless || status < 200 || status === 204) {
    return { answer: { status, headers, body: Buffer.alloc(0) }, end: begin };
  }
  const inChunks = headers.get('transfer-encoding') === 'chunked';
  const { body, end } = inChunks
    ? readChunks(bytes, begin)
    : readPiece(bytes, begin, Number(headers.get('content-length')));
  return { answer: { status, headers, body }, end };
}

/** Chunks after one another, each with its length in front; an empty one is the end. */
function readChunks(bytes: Buffer, begin: number): { body: Buffer; end: number } {
  const pieces: Buffer[] = [];
  for (let at = begin; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, Math.max(lineEnd, at)), 16);
    const { body, end } = readPiece(bytes, lineEnd + 2, length);
    at = end + 2;
    if (length === 0) return { body: Buffer.concat(pieces), end: at };
    pieces.push(body);
  }
}

function readPiece(bytes: Buffer, begin: number, length: number): { body: Buffer; end: number } {
  const end = begin + length;
  if (!Number.isInteger(length) || end > bytes.length) {
    throw new Error(`An answer came in part: ${bytes.toString('latin1', 0, 300)}`);
  }
  return { body: bytes.subarray(begin, end), end };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
