import type { z } from 'zod';
import { bringAlertClasses } from '../../src/model/alert-class.ts';

/** As an engine of the user's brings it, or brings it from now on. */
export function bring(name: string, schema: z.ZodType): void {
  bringAlertClasses({ [name]: { description: 'For a test.', versions: { 0: schema } } });
}

/** As in a process that was started without the engine that brought it. */
export function takeAway(name: string): void {
  bringAlertClasses({ [name]: undefined as never });
}
