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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'malformed', detail: `${what} is not JSON: ${(error as Error).message}` };
  }
  const number = findInexactNumber(text);
  if (number !== null) {
    const token = numberAt(text, number).slice(0, 40);
    return inexact(text, number, `is the number ${token}, which no double holds; send it as a string`);
  }
  const repeated = findRepeatedName(text, value);
  if (repeated !== null) return inexact(text, repeated, 'is there twice');
  return { kind: 'value', value };
}

function inexact(text: string, offset: number, detail: string): Inexact {
  return { kind: 'inexact', fault: { pointer: pointerAt(text, offset), detail } };
}

const MINUS = 0x2d;
/** Up to 15 significant digits every decimal survives the way into a double and back. */
const SURELY_EXACT = 15;

/** The offset of the first number in valid JSON text that a double doesn't hold, or null. */
function findInexactNumber(text: string): number | null {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || (code >= 0x30 && code <= 0x39)) {
      const token = numberAt(text, at);
      if (!isExact(token)) return at;
      at += token.length - 1;
    }
  }
  return null;
}

function numberAt(text: string, start: number): string {
  let end = start + 1;
  while (end < text.length && isNumberCharacter(text.charCodeAt(end))) end++;
  return text.slice(start, end);
}

function isNumberCharacter(code: number): boolean {
  // 0-9 + - . e E
  return (
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e ||
    (code | 0x20) === 0x65
  );
}

function isExact(token: string): boolean {
  if (token.length <= SURELY_EXACT && !/e/i.test(token)) return true;
  const value = Number(token);
  return Number.isFinite(value) && decimal(token) === decimal(String(value));
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
