import { z } from 'zod';
import type { JsonObject } from './json.ts';

/** Any JSON object, as it is: z.record would lose a field named `__proto__`. */
export const AnyObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);
