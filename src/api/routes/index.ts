import type { Route } from '../route.ts';
import { ALERT_ROUTES } from './alerts.ts';
import { AUDIT_ROUTES } from './audit.ts';
import { CONFIGURATION_ROUTES } from './configuration.ts';
import { DELIVERY_ROUTES } from './deliveries.ts';
import { DOCUMENT_ROUTES } from './documents.ts';
import { EREPORT_ROUTES } from './ereports.ts';
import { RECEIVER_ROUTES } from './receivers.ts';
import { SITREP_ROUTES } from './sitreps.ts';
import { SUBSCRIPTION_ROUTES } from './subscriptions.ts';
import { TOKEN_ROUTES } from './tokens.ts';
import { UPKEEP_ROUTES } from './upkeep.ts';

/** All that the API offers, the pages of the reference aside. */
export const ROUTES: Route[] = [
  ...EREPORT_ROUTES,
  ...SITREP_ROUTES,
  ...ALERT_ROUTES,
  ...RECEIVER_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  ...DELIVERY_ROUTES,
  ...CONFIGURATION_ROUTES,
  ...TOKEN_ROUTES,
  ...AUDIT_ROUTES,
  ...UPKEEP_ROUTES,
  ...DOCUMENT_ROUTES,
];
