import { type Found, TEND_KINDS } from './lifecycle.ts';

/** What the doctor looks for, in the order in which it looks, and what it does about it when it is to mend. */
export const DOCTOR_KINDS = {
  migrationsMissing: { what: 'migrations that the database lacks', remedy: 'applies them' },
  searchAttributesMissing: {
    what: 'search attributes that the namespace in Temporal lacks',
    remedy: 'registers them',
  },
  scheduleMissing: {
    what: 'the schedule that heals what was left behind, which is not there',
    remedy: 'makes it',
  },
  secretsUnopened: {
    what: 'receivers whose secrets SITREP_SECRET_KEY does not open, so that nothing can be sent to them',
    remedy: 'can do nothing about it: name the key that they were sealed under, or give them new secrets',
  },
  lifecyclesAhead: {
    what: 'lifecycles that wait, and whose sitreps the database does not have, or not decided: it is older than they are',
    remedy: 'ends them, so that the same documents may be submitted again',
  },
  receiversGone: {
    what: 'workflows of receivers that the database does not have',
    remedy: 'ends them',
  },
  receiversAlone: {
    what: 'receivers with pending deliveries, and no workflow that sends them',
    remedy: 'starts their workflows',
  },
  receiversWoken: { what: TEND_KINDS.receiversWoken, remedy: 'wakes them' },
  alertsMade: { what: TEND_KINDS.alertsMade, remedy: 'makes these alerts' },
  ereportsMarked: { what: TEND_KINDS.ereportsMarked, remedy: 'marks them' },
  alertsDispatched: { what: TEND_KINDS.alertsDispatched, remedy: 'tells whoever subscribed to them' },
  versionsPruned: { what: 'versions beyond the limit', remedy: 'releases them from history' },
  signalsSent: { what: TEND_KINDS.signalsSent, remedy: 'signals them again' },
  sitrepsDeleted: { what: 'sitreps that no open lifecycle will delete', remedy: 'deletes them' },
  submissionsDeleted: { what: TEND_KINDS.submissionsDeleted, remedy: 'deletes them' },
  lifecyclesMissing: {
    what: 'sitreps that are not decided, and have no open lifecycle',
    remedy: 'starts their lifecycles, which decide them',
  },
  analysesDeleted: { what: TEND_KINDS.analysesDeleted, remedy: 'deletes them' },
  analysisStarted: { what: TEND_KINDS.analysisStarted, remedy: 'starts it' },
} as const;
export type DoctorKind = keyof typeof DOCTOR_KINDS;

export interface Finding extends Found {
  kind: DoctorKind;
  what: string;
  /** What is done about it when the doctor is to mend. */
  remedy: string;
  /** What could not be mended, and why. */
  failed: string[];
}

/** What an examination found, and (with `fix`) mended; nothing, if all is well. */
export interface DoctorReport {
  fix: boolean;
  findings: Finding[];
  /** Why not everything could be looked at, or null. */
  incomplete: string | null;
}

/** Whether nothing is left to be mended. */
export function isWell({ fix, findings, incomplete }: DoctorReport): boolean {
  return incomplete === null && findings.every(({ failed }) => fix && failed.length === 0);
}
