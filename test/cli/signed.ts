import { newSecret, sign, signingKey } from '../../src/webhook/signature.ts';

export const SECRET = newSecret();

/** What Sitrep sends for an alert. */
export const MESSAGE = {
  type: 'hardware.power_shelf.psu.remove',
  timestamp: '2026-11-20T08:10:28.200001Z',
  alertId: '01a1f801-ccf0-714a-8655-876db0004c8d',
  version: 0,
  caseId: null,
  sitrepId: null,
  data: { slot: 4 },
};

/** Posts a message as Sitrep does; answers with the status. */
export async function deliver(
  url: string,
  { message = MESSAGE as object, id = MESSAGE.alertId, secret = SECRET, at = Date.now() } = {},
): Promise<number> {
  const body = JSON.stringify(message);
  const headers = { ...sign(id, Math.floor(at / 1_000), body, [signingKey(secret)]) };
  const { status } = await fetch(url, { method: 'POST', headers, body });
  return status;
}
