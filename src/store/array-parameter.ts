import pg from 'pg';
import { type Column, RowBuffer } from './copy-in.ts';

const { TEXT, UUID, NUMERIC, JSONB } = pg.types.builtins;
/** The types whose values may be gathered. */
export const ELEMENT = { text: TEXT, uuid: UUID, numeric: NUMERIC, jsonb: JSONB };

/** One dimension, flags that Postgres sets for itself, the type of the elements, how many there are, counted from 1. */
function headerOf(type: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeInt32BE(1, 0);
  header.writeInt32BE(type, 8);
  header.writeInt32BE(1, 16);
  return header;
}
const COUNT_AT = 12;
/** Room for a few values; it grows with them. */
const START_BYTES = 4 * 1024;

/**
 * Gathers values as an array in Postgres' binary format, to be given as one parameter of a statement: pg would write
 * them as text, each quoted, which makes several strings of each that live until all is sent.
 */
export class ArrayParameter<Value> {
  readonly #column: Column;
  readonly #header: Buffer;
  readonly #values = new RowBuffer(START_BYTES);
  #count = 0;

  constructor(column: Column, type: number) {
    this.#column = column;
    this.#header = headerOf(type);
    this.#values.bytes(this.#header);
  }

  get bytes(): number {
    return this.#values.length;
  }

  add(value: Value | null): void {
    this.#count += 1;
    if (value === null) this.#values.null();
    else this.#column.write(this.#values, value as never);
  }

  /** The array, and from now on an empty one is gathered. */
  take(): Buffer {
    const array = this.#values.take();
    array.writeInt32BE(this.#count, COUNT_AT);
    this.#values.bytes(this.#header);
    this.#count = 0;
    return array;
  }
}
