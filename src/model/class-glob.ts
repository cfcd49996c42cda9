import { z } from 'zod';

const SEGMENT = '(?:[a-zA-Z0-9_-]+|\\*|\\*\\*)';
const GLOB = `^${SEGMENT}(\\.${SEGMENT})*$`;

/** A class of ereports, or a glob over its segments, which dots separate: `*` is one segment, `**` one or more. */
export const ClassGlob = z
  .string()
  .max(200, 'must have at most 200 characters')
  .regex(
    new RegExp(GLOB),
    'must be a class such as hw.remove.psu, in which * stands for a segment and ** for several',
  );

/** A glob over segments as the inside of a regular expression, in the syntax that Postgres and JavaScript share. */
export function globRegex(glob: string): string {
  return glob.split('.').map(segmentRegex).join('\\.');
}

function segmentRegex(segment: string): string {
  if (segment === '*') return '[^.]+';
  if (segment === '**') return '[^.]+(?:\\.[^.]+)*';
  return segment;
}
