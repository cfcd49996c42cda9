import type { Fault } from '../../model/fault.ts';
import type { Complaint } from '../failure.ts';
import { printable, type Style } from './style.ts';

/** A problem as sentences: what happened, to which field, and what to do. */
export function complaintInWords(complaint: Complaint, hint: string | null, { paint }: Style): string {
  const lines = [paint('red', printable(complaint.title))];
  if (complaint.detail) lines.push(printable(complaint.detail));
  lines.push(...faultsInWords(complaint.faults ?? [], paint));
  if (hint !== null) lines.push(hint);
  return lines.join('\n');
}

/** A line for each: where, and what. */
export function faultsInWords(faults: Fault[], paint: Style['paint']): string[] {
  const places = faults.map((fault) => printable(where(fault)));
  const width = Math.max(0, ...places.map((place) => place.length));
  return faults.map(
    ({ detail }, index) => `  ${paint('bold', (places[index] ?? '').padEnd(width))}  ${printable(detail)}`,
  );
}

/** The empty pointer is the whole document, or the whole of one in a batch. */
function where({ index, line, pointer }: Fault): string {
  if (line !== undefined) return `line ${line} ${pointer}`.trimEnd();
  if (index !== undefined) return `[${index}]${pointer}`;
  return pointer === '' ? 'the document' : pointer;
}
