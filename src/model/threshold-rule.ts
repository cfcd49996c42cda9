import { z } from 'zod';
import { alertClass } from './alert-class.ts';
import { text } from './text.ts';

const MAX_NAME = 100;
const MAX_PATTERN = 200;
const MAX_POINTER = 200;
/** Parts of what identifies a thing: together they are the key that ereports are counted by. */
const MAX_PARTS = 8;
/** Ereports that a rule waits for: all of them are held against the rule at once, and named in its case. */
const MAX_COUNT = 1_000;
const A_DAY = 86_400;
const LONGEST_WINDOW = 30 * A_DAY;
const LONGEST_QUIET = 365 * A_DAY;

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

const SEGMENT = '(?:[A-Za-z0-9_-]+|\\*|\\*\\*)';
const CLASS_GLOB = new RegExp(`^${SEGMENT}(\\.${SEGMENT})*$`);

const ClassGlob = z
  .string()
  .max(MAX_PATTERN, `must have at most ${MAX_PATTERN} characters`)
  .regex(
    CLASS_GLOB,
    'must be segments with dots between them; each is letters, digits, _ and -, or *, or **',
  );

/** JSON pointers (RFC 6901) into an ereport, of which only what it says about itself can tell one thing from another. */
const POINTER = /^\/(?:reporter|body)(?:\/(?:[^~/]|~[01])*)+$/;

const ThingPointer = text(MAX_POINTER).regex(
  POINTER,
  'must be a JSON pointer to something in /reporter or /body, such as /body/slot',
);

const AlertClassName = z.string().superRefine((name, context) => {
  const known = alertClass(name);
  if (!known) context.addIssue({ code: 'custom', message: 'is not a known alert class' });
  else if (known.own)
    context.addIssue({ code: 'custom', message: 'is a class that only Sitrep itself uses' });
});

const seconds = (most: number) => z.int().min(1, 'must be at least 1').max(most, `must be at most ${most}`);

/** So many ereports about one thing in so much time are a case, and an alert. After fmd's SERD engines. */
export const ThresholdRule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower-case letters, digits, - and _')
      .max(MAX_NAME, `must have at most ${MAX_NAME} characters`)
      .describe('Names it to people, and its cases to itself; unique.'),
    class: ClassGlob.describe(
      'The class of the ereports that count, or a glob over its segments: `*` is one, `**` one or more.',
    ),
    identifiedBy: z
      .array(ThingPointer)
      .max(MAX_PARTS, `must be at most ${MAX_PARTS}`)
      .default([])
      .describe(
        'What tells one thing from another: JSON pointers (RFC 6901) into `/reporter` and `/body` of an ereport. Each thing is counted by itself; with none, all count together.',
      ),
    count: z
      .int()
      .min(1, 'must be at least 1')
      .max(MAX_COUNT, `must be at most ${MAX_COUNT}`)
      .describe('So many ereports open a case.'),
    withinSeconds: seconds(LONGEST_WINDOW).describe('They have to be collected within so many seconds.'),
    closeAfterSeconds: seconds(LONGEST_QUIET)
      .default(A_DAY)
      .describe('Without another ereport for so long the case is closed; at least `withinSeconds`.'),
    alertClass: AlertClassName.describe('The class of the alert that the case requests.'),
    severity: z.enum(SEVERITIES).default('warning').describe('How bad that is; stands in the alert.'),
  })
  .superRefine(({ identifiedBy, withinSeconds, closeAfterSeconds }, context) => {
    const twice = identifiedBy.findIndex((pointer, at) => identifiedBy.indexOf(pointer) < at);
    if (twice >= 0) {
      context.addIssue({ code: 'custom', path: ['identifiedBy', twice], message: 'is there twice' });
    }
    if (closeAfterSeconds < withinSeconds) {
      const message = `must be at least withinSeconds (${withinSeconds}), or a case would be closed that is opened anew at once`;
      context.addIssue({ code: 'custom', path: ['closeAfterSeconds'], message });
    }
  })
  .meta({ id: 'ThresholdRule', description: 'So many ereports about one thing in so much time are a case.' });
export type ThresholdRule = z.output<typeof ThresholdRule>;
