import { z } from 'zod';
import { alertClass, isTestClass } from './alert-class.ts';
import { globRegex } from './class-glob.ts';

const SEGMENT = '(?:[a-z0-9_]+|\\*|\\*\\*)';
const SEGMENT_ALONE = new RegExp(`^${SEGMENT}$`);
const SEGMENTS = `^${SEGMENT}(\\.${SEGMENT})*$`;
const MAX_PATTERN = 200;

/**
 * What a receiver asks for: an alert class, or a glob over its segments, which dots separate. `*` stands for one
 * segment, `**` for one or more; a star within a segment is refused, since it would look like more than it is.
 */
export const SubscriptionPattern = z
  .string()
  .max(MAX_PATTERN, `must have at most ${MAX_PATTERN} characters`)
  .superRefine((pattern, context) => {
    const fault = patternFault(pattern);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({ pattern: SEGMENTS });

/** A pattern to be taken away: its class may have been known only once. */
export const FormerSubscription = z
  .string()
  .max(MAX_PATTERN, `must have at most ${MAX_PATTERN} characters`)
  .regex(
    new RegExp(SEGMENTS),
    'must be segments of lower-case letters, digits and _, or *, or **, with dots between',
  );

function patternFault(pattern: string): string | null {
  const odd = pattern.split('.').find((segment) => !SEGMENT_ALONE.test(segment));
  if (odd !== undefined) {
    return `has the segment "${odd.slice(0, 50)}"; a segment is lower-case letters, digits and _, or *, or **`;
  }
  // A glob may be for classes to come; a class that is named and does not exist is a slip of the pen.
  if (!pattern.includes('*') && !alertClass(pattern)) return 'is not a known alert class';
  return null;
}

/**
 * The pattern as a regular expression. A glob reaches test classes only if it begins with `test`: nobody who
 * subscribes to everything wants to be woken by a test.
 */
export function patternRegex(pattern: string): string {
  return `^${isTestClass(pattern) ? '' : '(?!test\\.)'}${globRegex(pattern)}$`;
}
