import { foundNothing, note } from '../activities/found.ts';
import type { Found } from '../model/lifecycle.ts';
import { secretsOfAll } from '../store/receiver-secret.ts';
import { type SecretBox, secretPlace } from '../webhook/secret-box.ts';
import { PAGE, type Patient } from './patient.ts';

/**
 * Finds receivers with a secret that the key does not open: nothing is sent to them, for nothing can be signed. Null when
 * there are secrets, and no key to try.
 */
export async function findUnopened({ pool, secrets }: Patient): Promise<Found | null> {
  if (!secrets) return (await secretsOfAll(pool, null, 1)).length > 0 ? null : foundNothing();
  const receivers = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const page: Awaited<ReturnType<typeof secretsOfAll>> = await secretsOfAll(pool, after, PAGE);
    for (const { id, receiverId, sealed } of page) {
      if (!opens(secrets, sealed, secretPlace(receiverId, id))) receivers.add(receiverId);
    }
    after = page.at(-1)?.id ?? null;
    if (page.length < PAGE) return note(foundNothing(), [...receivers]);
  }
}

function opens(secrets: SecretBox, sealed: Buffer, place: string): boolean {
  try {
    secrets.open(sealed, place);
    return true;
  } catch {
    return false;
  }
}
