import { createServer } from 'node:net';
import { listenError, readListenAddress } from '../api/listen-address.ts';
import type { ListenAddress } from '../model/listen.ts';
import { Failure } from './failure.ts';

/**
 * Looks whether the API will be able to listen there, before anything that takes longer is started.
 * @throws a failure that names the address.
 */
export async function claimable(listen: string, authentication: boolean): Promise<void> {
  try {
    await listenBriefly(readListenAddress(listen, authentication));
  } catch (error) {
    throw new Failure({ title: 'The API could not be started', detail: (error as Error).message });
  }
}

function listenBriefly(address: ListenAddress): Promise<void> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(listenError(error, address)));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
