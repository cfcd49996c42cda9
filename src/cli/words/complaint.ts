import type { Complaint } from '../failure.ts';
import { printable, type Style } from './style.ts';

/** A problem as sentences: what happened, to which field, and what to do. */
export function complaintInWords(complaint: Complaint, hint: string | null, { paint }: Style): string {
  const lines = [paint('red', printable(complaint.title))];
  if (complaint.detail) lines.push(printable(complaint.detail));
  const faults = complaint.faults ?? [];
  const width = Math.max(0, ...faults.map((fault) => where(fault.pointer).length));
  for (const fault of faults) {
    lines.push(
      `  ${paint('bold', printable(where(fault.pointer).padEnd(width)))}  ${printable(fault.detail)}`,
    );
  }
  if (hint !== null) lines.push(hint);
  return lines.join('\n');
}

/** The empty pointer is the whole document. */
function where(pointer: string): string {
  return pointer === '' ? 'the document' : pointer;
}
