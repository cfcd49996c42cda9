import type { z } from 'zod';
import { MAX_FAULTS } from './limits.ts';

/** One thing wrong with a document: where (JSON pointer, RFC 6901), and what. */
export interface Fault {
  /** In a batch: which of a JSON body, from 0, or on which line of NDJSON, from 1. */
  index?: number | undefined;
  line?: number | undefined;
  pointer: string;
  detail: string;
}

export function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${shortened(String(key)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Each fault below a name repeats it: a hundred times a name of megabytes is more memory than there is. */
function shortened(key: string): string {
  return key.length > MAX_NAME ? `${key.slice(0, MAX_NAME)}…` : key;
}
const MAX_NAME = 1_000;

/** Collects faults up to a bound, so that a hopeless document doesn't cost memory for its faults. */
export class Faults {
  readonly list: Fault[] = [];

  add(path: readonly PropertyKey[], detail: string): void {
    if (this.list.length < MAX_FAULTS) this.list.push({ pointer: pointer(path), detail });
  }

  /** Holds a value against a schema, and says whether it fits. */
  check(schema: z.ZodType, value: unknown, path: readonly PropertyKey[] = []): boolean {
    const read = schema.safeParse(value, { reportInput: true });
    if (!read.success) this.addZod(read.error, path);
    return read.success;
  }

  addZod(error: z.core.$ZodError, under: readonly PropertyKey[] = []): void {
    for (const issue of error.issues) {
      const path = [...under, ...issue.path];
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.add([...path, key], 'is not a known field');
      } else {
        this.add(path, sentence(issue));
      }
    }
  }
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    return issue.input === undefined ? 'is required' : `must be ${article(issue.expected)}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(sentence).join('; ');
  return issue.message;
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
