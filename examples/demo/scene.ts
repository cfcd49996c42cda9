import type { ApiClient } from '../../src/cli/api-client.ts';
import type { AlertView } from '../../src/model/views.ts';
import type { Audience } from './audience.ts';
import type { Cast } from './documents.ts';
import type { Story } from './story.ts';

/** Who tells, with what, and to whom. */
export interface Scene {
  client: ApiClient;
  story: Story;
  audience: Audience;
  cast: Cast;
}

/** What diagnosis made of the unit that is missing. */
export interface Removal {
  sitrepId: string;
  caseId: string;
  alertId: string;
}

export function showAlerts(story: Story, alerts: AlertView[]): void {
  const rows = alerts.map((alert) => [alert.id, alert.class, alert.timeCreated.slice(11, 23)]);
  story.table([{ head: 'ALERT' }, { head: 'CLASS' }, { head: 'MADE AT' }], rows);
}

export function isExactly(alerts: AlertView[], ids: string[]): boolean {
  return alerts.length === ids.length && ids.every((id) => alerts.some((alert) => alert.id === id));
}
