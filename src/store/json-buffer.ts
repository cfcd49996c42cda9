import { ByteBuffer, UUID_LENGTH } from './byte-buffer.ts';
import { type Rows, writeUuid } from './copy-out.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
/** What a byte of a string takes at most: `\u00XX`. */
const MAX_ESCAPED = 6;

/** JSON that is written from the bytes of rows: what is text there, in UTF-8, is text here, and need not be decoded. */
export class JsonBuffer extends ByteBuffer {
  /** ASCII, as it is. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let at = 0; at < text.length; at++) this.buffer[this.length++] = text.charCodeAt(at);
  }

  uuid(row: Rows, column: number): void {
    if (row.isNull(column)) {
      this.ascii('null');
      return;
    }
    this.reserve(UUID_LENGTH + 2);
    this.buffer[this.length++] = QUOTE;
    writeUuid(row.bytes, row.start(column), this.buffer, this.length);
    this.length += UUID_LENGTH;
    this.buffer[this.length++] = QUOTE;
  }

  string(row: Rows, column: number): void {
    const { bytes } = row;
    const start = row.start(column);
    const end = row.end(column);
    this.reserve((end - start) * MAX_ESCAPED + 2);
    this.buffer[this.length++] = QUOTE;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte < FIRST_PRINTABLE) {
        this.ascii(`\\u${byte.toString(16).padStart(4, '0')}`);
        continue;
      }
      if (byte === QUOTE || byte === BACKSLASH) this.buffer[this.length++] = BACKSLASH;
      this.buffer[this.length++] = byte;
    }
    this.buffer[this.length++] = QUOTE;
  }

  json(row: Rows, column: number): void {
    if (row.isNull(column)) this.ascii('null');
    else this.bytes(row.bytes.subarray(row.jsonStart(column), row.end(column)));
  }
}
