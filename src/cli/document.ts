import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { readJson } from '../model/json.ts';
import { PROBLEMS } from '../model/problem.ts';
import { Failure } from './failure.ts';

/**
 * Reads what is to be submitted. Numbers that no double holds are refused here: once they were parsed, the
 * API could not see any more that they had been something else.
 */
export async function readDocument(
  file: string,
  stdin: Readable,
  maxBytes: number,
  what = 'a sitrep',
): Promise<unknown> {
  const bytes = await readBytes(file, stdin, maxBytes);
  const reading = readJson(bytes);
  if (reading.kind === 'value') return reading.value;
  const title = `${nameOf(file)} is not ${what}`;
  if (reading.kind === 'malformed') throw new Failure({ title, detail: reading.detail });
  throw new Failure({ title, faults: [reading.fault] });
}

export async function readBytes(file: string, stdin: Readable, maxBytes: number): Promise<Uint8Array> {
  return file === '-' ? readStdin(stdin, maxBytes) : readBounded(file, maxBytes);
}

export function nameOf(file: string): string {
  return file === '-' ? 'What came on stdin' : file;
}

async function readBounded(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) throw tooLarge(maxBytes);
    return await readFile(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure({ title: `Cannot read ${file}`, detail: REASONS[code ?? ''] ?? message });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'It is a folder.',
  EACCES: 'Reading it is not permitted.',
};

async function readStdin(stdin: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)?.length ?? 0;
    if (size > maxBytes) throw tooLarge(maxBytes);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Failure {
  const detail = `It may have ${maxBytes.toLocaleString('en')} bytes at most (SITREP_MAX_BODY).`;
  return new Failure({ title: PROBLEMS['body-too-large'].title, detail });
}
