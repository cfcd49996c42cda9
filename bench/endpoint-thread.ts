import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Asked, Heard } from './endpoint.ts';

const { hangs } = workerData as { hangs: boolean };
let arrived = 0;
/** When the last one came, in milliseconds since 1970. */
let lastAt = 0;
let wanted = Number.POSITIVE_INFINITY;

const say = (heard: Heard) => parentPort?.postMessage(heard);

/** Says so, once, when as many have come as were asked for. */
function tell(): void {
  if (arrived < wanted) return;
  wanted = Number.POSITIVE_INFINITY;
  say({ kind: 'arrived', lastAt });
}

const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    lastAt = performance.timeOrigin + performance.now();
    arrived += 1;
    if (!hangs) response.writeHead(204).end();
    tell();
  });
});

parentPort?.on('message', (asked: Asked) => {
  if (asked.kind === 'await') {
    wanted = asked.count;
    tell();
  } else if (asked.kind === 'forget') {
    arrived = 0;
  } else {
    server.closeAllConnections();
  }
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It has no port.');
  say({ kind: 'listens', url: `http://127.0.0.1:${address.port}/hook` });
});
