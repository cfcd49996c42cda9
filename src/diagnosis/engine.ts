import { z } from 'zod';
import type { AlertClass } from '../model/alert-class.ts';
import type { Json } from '../model/json.ts';
import type { Analysis } from './analysis.ts';

/** Stands in each case of the engine, and says for ever whose it is. */
export const EngineName = z
  .string()
  .max(100, 'must have at most 100 characters')
  .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/, 'must be lower-case letters, digits and _, in segments between dots');

/**
 * Diagnosis for one kind of thing. It has to be a function of what the analysis shows it: no clock, no network, no
 * randomness but `analysis.random()`, nothing remembered from one run to the next. What it must know the next time it
 * reads off its open cases.
 */
export interface Engine {
  name: string;
  /** Which ereports it reads, as globs over their classes; it is shown no others. */
  classes: readonly string[];
  /** Alert classes that it brings along, by name. */
  alertClasses?: Readonly<Record<string, AlertClass>>;
  /** What it was configured with: with other settings the same ereports lead to another sitrep. */
  settings?: Json;
  analyze(analysis: Analysis): void;
}
