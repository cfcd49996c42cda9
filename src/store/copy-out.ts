import type pg from 'pg';
import { to } from 'pg-copy-streams';
import { formatEna } from '../model/ena.ts';
import { UUID_LENGTH } from './byte-buffer.ts';

/** Stands before the rows: a signature, flags, and the length of an extension, of which there is none. */
const HEADER_BYTES = 11 + 4 + 4;
/** A digit of a `numeric` is one of base 10,000. */
const NUMERIC_BASE = 10_000n;
const NUMERIC_DIGITS_AT = 8;
/** Each byte as two digits, by their character codes: the first in the upper byte. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const [first, second] = byte.toString(16).padStart(2, '0');
  return ((first?.charCodeAt(0) ?? 0) << 8) | (second?.charCodeAt(0) ?? 0);
});
const HYPHEN = 0x2d;

/**
 * The rows of a query by binary `COPY`, no faster than they are taken, as many at once as come in one piece: a promise
 * for each row would cost more than the row, and values that nobody needs as such never become strings. What is yielded
 * is always the same: its present row is gone once the next is asked for.
 */
export async function* copyOut(client: pg.PoolClient, query: string): AsyncGenerator<Rows> {
  const stream = to(`COPY (${query}) TO STDOUT (FORMAT binary)`);
  const rows = new Rows();
  try {
    for await (const piece of client.query(stream)) {
      rows.add(piece);
      yield rows;
    }
  } finally {
    // pg's timer on a query stands until this callback of it is called, which such a stream never does.
    (stream as { callback?: () => void }).callback?.();
  }
}

/** Rows of the binary format, of which one is present; its values by the place of their column, from 0. */
export class Rows {
  /** Where the values of the present row lie; they begin at -1 where there is none. */
  bytes: Buffer = Buffer.alloc(0);
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  #at = 0;
  #isPastHeader = false;

  add(piece: Buffer): void {
    this.bytes = this.#at < this.bytes.length ? Buffer.concat([this.bytes.subarray(this.#at), piece]) : piece;
    this.#at = 0;
  }

  /** Goes to the next row. False when there is none, or not all of it yet. */
  next(): boolean {
    const { bytes, starts, ends } = this;
    if (!this.#isPastHeader) {
      if (bytes.length < HEADER_BYTES) return false;
      this.#at = HEADER_BYTES;
      this.#isPastHeader = true;
    }
    let at = this.#at;
    if (at + 2 > bytes.length) return false;
    // At the end of all there are -1.
    const columns = bytes.readInt16BE(at);
    if (columns < 0) return false;
    at += 2;
    for (let column = 0; column < columns; column++) {
      if (at + 4 > bytes.length) return false;
      const length = bytes.readInt32BE(at);
      at += 4;
      starts[column] = length < 0 ? -1 : at;
      if (length > 0) at += length;
      ends[column] = at;
    }
    if (at > bytes.length) return false;
    this.#at = at;
    return true;
  }

  start(column: number): number {
    return this.starts[column] as number;
  }

  end(column: number): number {
    return this.ends[column] as number;
  }

  isNull(column: number): boolean {
    return this.start(column) < 0;
  }

  int4(column: number): number {
    return this.bytes.readInt32BE(this.start(column));
  }

  text(column: number): string {
    return this.bytes.toString('utf8', this.start(column), this.end(column));
  }

  uuid(column: number): string {
    writeUuid(this.bytes, this.start(column), uuidBytes, 0);
    return uuidBytes.toString('latin1');
  }

  json(column: number): unknown {
    if (this.isNull(column)) return null;
    return JSON.parse(this.bytes.toString('utf8', this.jsonStart(column), this.end(column)));
  }

  /** A version of the binary format stands before the text. */
  jsonStart(column: number): number {
    return this.start(column) + 1;
  }

  /** Of a `numeric` that is an unsigned 64-bit number. */
  ena(column: number): string {
    const start = this.start(column);
    const digits = this.bytes.readInt16BE(start);
    const weight = this.bytes.readInt16BE(start + 2);
    let value = 0n;
    // Zeros at its end are left out.
    for (let digit = 0; digit <= weight; digit++) {
      const at = start + NUMERIC_DIGITS_AT + 2 * digit;
      value = value * NUMERIC_BASE + (digit < digits ? BigInt(this.bytes.readInt16BE(at)) : 0n);
    }
    return formatEna(value);
  }
}

const uuidBytes = Buffer.alloc(UUID_LENGTH);

/** Writes the uuid that lies at `start`, as text. By hand: most of what a sitrep has are ids. */
export function writeUuid(bytes: Buffer, start: number, out: Buffer, at: number): void {
  let to = at;
  for (let byte = 0; byte < 16; byte++) {
    const pair = HEX_PAIRS[bytes[start + byte] as number] as number;
    out[to++] = pair >> 8;
    out[to++] = pair;
    if (byte === 3 || byte === 5 || byte === 7 || byte === 9) out[to++] = HYPHEN;
  }
}
