import type { ProblemDocument } from '../model/problem.ts';

/** What went wrong, in the shape of a problem document, whether the API said it or the CLI found it. */
export type Complaint = Pick<ProblemDocument, 'title'> & Partial<ProblemDocument>;

/** Ends a command with exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly complaint: Complaint;
  /** What to do about it. */
  readonly hint: string | null;

  constructor(complaint: Complaint, hint: string | null = null) {
    super([complaint.title, complaint.detail].filter(Boolean).join(': '));
    this.complaint = complaint;
    this.hint = hint;
  }
}

/** Ends a command with exit code 2, as commander's own errors do. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}
