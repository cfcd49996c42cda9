import type { Fault } from './fault.ts';
import { findRepeatedName } from './json-names.ts';
import { endOfString, pointerAt, QUOTE } from './json-text.ts';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type JsonReading = { kind: 'value'; value: unknown } | { kind: 'malformed'; detail: string } | Inexact;
interface Inexact {
  kind: 'inexact';
  fault: Fault;
}

/**
 * Reads JSON from bytes as I-JSON (RFC 7493) asks: UTF-8 only, no number that a double would change, and no name
 * twice in an object. `JSON.parse` alone would turn 9007199254740993 into …992 and 1e400 into Infinity and keep
 * the last of two values without a word, and what is stored would not be what was sent. `what` names it in sentences.
 */
export function readJson(bytes: Uint8Array, what = 'The body'): JsonReading {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { kind: 'malformed', detail: `${what} is not UTF-8.` };
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'malformed', detail: `${what} is not JSON: ${(error as Error).message}` };
  }
  const { inexactNumber, names } = survey(text);
  if (inexactNumber !== null) {
    const token = text.slice(inexactNumber, endOfNumber(text, inexactNumber)).slice(0, 40);
    return inexact(text, inexactNumber, `is the number ${token}, which no double holds; send it as a string`);
  }
  const repeated = findRepeatedName(text, names, value);
  if (repeated !== null) return inexact(text, repeated, 'is there twice');
  return { kind: 'value', value };
}

function inexact(text: string, offset: number, detail: string): Inexact {
  return { kind: 'inexact', fault: { pointer: pointerAt(text, offset), detail } };
}

const MINUS = 0x2d;
const COLON = 0x3a;
const LETTER_E = 0x65;
/** Makes a letter a small one. */
const SMALL = 0x20;
/** Up to 15 significant digits every decimal survives the way into a double and back. */
const SURELY_EXACT = 15;

/**
 * What valid JSON text shows in one pass: the offset of the first number that a double doesn't hold, or null, and how
 * many names there are up to it.
 */
function survey(text: string): { inexactNumber: number | null; names: number } {
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COLON) {
      names++;
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (!isExact(text, at, end)) return { inexactNumber: at, names };
      at = end - 1;
    }
  }
  return { inexactNumber: null, names };
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isNumberCharacter(text.charCodeAt(end))) end++;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNumberCharacter(code: number): boolean {
  // 0-9 + - . e E
  return isDigit(code) || code === 0x2b || code === MINUS || code === 0x2e || (code | SMALL) === LETTER_E;
}

/** Of nearly all numbers the length tells it. */
function isExact(text: string, start: number, end: number): boolean {
  if (end - start <= SURELY_EXACT && !hasExponent(text, start, end)) return true;
  const token = text.slice(start, end);
  const value = Number(token);
  return Number.isFinite(value) && decimal(token) === decimal(String(value));
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | SMALL) === LETTER_E) return true;
  return false;
}

/** A decimal number as digits without leading and trailing zeros, and the exponent of the first one. */
function decimal(token: string): string {
  const [mantissa = '', exponent = '0'] = token.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^-/, '').split('.');
  const digits = whole + fraction;
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return '0';
  const first = Number(exponent) + whole.length - (digits.length - significant.length);
  return `${significant.replace(/0+$/, '')}e${first}`;
}
