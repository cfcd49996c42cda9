import { afterAll, beforeAll } from 'vitest';
import { type Bundle, bundleImpatiently } from './impatient-bundle.ts';
import { OwnServers } from './own-servers.ts';

export interface Ground {
  bundle: Bundle;
  servers: OwnServers;
}

/** Servers that the tests of a file may crash, and workflows that don't wait long for a worker that is dead. */
export function ownGround(): () => Ground {
  let ground: Ground | null = null;
  beforeAll(async () => {
    const [bundle, servers] = await Promise.all([bundleImpatiently(), OwnServers.start()]);
    ground = { bundle, servers };
  }, 180_000);
  afterAll(async () => {
    await ground?.bundle.discard();
    await ground?.servers.stop();
  });
  return () => {
    if (!ground) throw new Error('The ground is laid before the tests, and not before that.');
    return ground;
  };
}
