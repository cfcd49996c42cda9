import type { Fault } from './fault.ts';

/**
 * Every problem that the API answers with (RFC 9457). The name makes the stable `type`; docs/api.md lists
 * them, and a test fails when one is missing there.
 */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'That takes a token' },
  forbidden: { status: 403, title: 'The token has another role' },
  'cross-site-request': { status: 403, title: 'Only programs and pages of this machine may ask that' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'parent-not-current': { status: 409, title: 'The parent is not the current sitrep' },
  'sitrep-id-reused': { status: 409, title: 'Another document has this sitrep id' },
  'request-id-used': { status: 409, title: 'A new alert request has an id that was used before' },
  'sitrep-gone': { status: 409, title: 'The sitrep was collected before it could become current' },
  'receiver-name-taken': { status: 409, title: 'Another receiver has this name' },
  'token-name-taken': { status: 409, title: 'Another token has this name' },
  'configuration-changed': { status: 409, title: 'The configuration was set anew meanwhile' },
  'not-resendable': { status: 409, title: 'The delivery cannot be sent again' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of a type that is not taken here' },
  'invalid-sitrep': { status: 422, title: 'The document is not a valid sitrep' },
  'invalid-ereports': { status: 422, title: 'None of the ereports is valid' },
  'invalid-body': { status: 422, title: 'The body is not valid' },
  'invalid-parameter': { status: 422, title: 'A parameter is not valid' },
  'too-many-requests': { status: 429, title: 'There were too many requests' },
  'header-too-large': { status: 431, title: 'The header is too large' },
  internal: { status: 500, title: 'Something is wrong with the service' },
  unavailable: { status: 503, title: 'The service cannot answer now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemName = keyof typeof PROBLEMS;

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  faults?: Fault[];
  [extension: string]: unknown;
}

export function problemType(name: ProblemName): string {
  return `urn:sitrep:problem:${name}`;
}

/** An answer that is not the one asked for. Thrown where the API decides, written in one place. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;
  readonly extensions: Record<string, unknown>;

  /** `cause` is for the log; no client sees it. */
  constructor(
    problem: ProblemName,
    detail: string,
    extensions: Record<string, unknown> = {},
    cause?: unknown,
  ) {
    super(detail, { cause });
    this.problem = problem;
    this.extensions = extensions;
  }

  get status(): number {
    return PROBLEMS[this.problem].status;
  }

  toDocument(): ProblemDocument {
    const { status, title } = PROBLEMS[this.problem];
    return { type: problemType(this.problem), title, status, detail: this.message, ...this.extensions };
  }
}
