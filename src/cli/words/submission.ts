import type { SubmissionView } from '../../model/views.ts';
import { stateInColour } from './sitrep.ts';
import type { Style } from './style.ts';

/** Where a submitted sitrep is now. `recognised`: it had been submitted before this. */
export function submissionInWords(
  { id, state, version }: SubmissionView,
  recognised: boolean,
  style: Style,
): string {
  const place = version === null ? '' : `, version ${version}`;
  const before = recognised ? ' was submitted before, and' : '';
  const lost = state === 'orphaned' ? ': another sitrep became current in its place' : '';
  return `Sitrep ${id}${before} is ${stateInColour(state, style)}${place}${lost}.`;
}
