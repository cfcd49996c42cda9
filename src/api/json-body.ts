import type { z } from 'zod';
import { type Fault, Faults } from '../model/fault.ts';
import { readJson } from '../model/json.ts';
import { Problem } from '../model/problem.ts';

/** Reads a body that is small and not a sitrep; throws a problem that names each fault. */
export function readBody<Schema extends z.ZodType>(schema: Schema, bytes: Buffer): z.output<Schema> {
  const reading = readJson(bytes);
  if (reading.kind === 'malformed') throw new Problem('malformed-json', reading.detail);
  if (reading.kind === 'inexact') throw invalidBody([reading.fault]);
  const parsed = schema.safeParse(reading.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = new Faults();
  faults.addZod(parsed.error);
  throw invalidBody(faults.list);
}

export function invalidBody(faults: Fault[]): Problem {
  const [first] = faults;
  return new Problem('invalid-body', `${first?.pointer || 'It'} ${first?.detail}.`, { faults });
}
