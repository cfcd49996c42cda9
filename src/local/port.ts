import { createServer } from 'node:net';

const ATTEMPTS = 4;

/** A port of the loopback interface on which nobody listens now: the preferred one, or else any. */
export async function freePort(preferred = 0): Promise<number> {
  const port = await tryPort(preferred);
  if (port !== null) return port;
  return (await tryPort(0)) ?? Promise.reject(new Error('This machine has no free port on 127.0.0.1.'));
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/**
 * Starts a server on a port that was just found free. Between the look and the server's own bind another
 * process may take it, and the server ends with `address already in use` in its log: then once more.
 */
export async function onFreePort<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === ATTEMPTS || !/address already in use/i.test((error as Error).message)) throw error;
    }
  }
}
