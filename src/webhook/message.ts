/** An alert as a receiver hears of it. */
export interface Announced {
  id: string;
  class: string;
  version: number;
  /** JSON, as it comes from Postgres: parsed and written anew, large numbers would lose digits. */
  payload: string;
  /** Null for alerts that Sitrep makes itself. */
  caseId: string | null;
  /** The sitrep that first asked for it. */
  sitrepId: string | null;
  timeCreated: string;
}

/** The body of a delivery: what Standard Webhooks asks for, and where the alert comes from. */
export function alertMessage(alert: Announced): string {
  const head = JSON.stringify({
    type: alert.class,
    timestamp: alert.timeCreated,
    alertId: alert.id,
    version: alert.version,
    caseId: alert.caseId,
    sitrepId: alert.sitrepId,
  });
  return `${head.slice(0, -1)},"data":${alert.payload}}`;
}

/** The body of a test delivery; of no alert class, so that no receiver takes it for an alert. */
export function probeMessage(timestamp: string): string {
  return JSON.stringify({ type: 'probe', timestamp, data: {} });
}
