import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A port of this machine that does with a connection what a test wants, and counts them. */
export class Listener {
  connections = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(onSocket: (socket: Socket) => void, host = '127.0.0.1'): Promise<Listener> {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('It has no port.');
    const listener = new Listener(server, address.port);
    server.on('connection', (socket) => {
      listener.connections += 1;
      listener.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => listener.#sockets.delete(socket));
      onSocket(socket);
    });
    return listener;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Answers every request with these bytes once its head has come. */
export function answering(bytes: string) {
  return (socket: Socket) => {
    socket.on('data', (data) => {
      if (String(data).includes('\r\n\r\n')) socket.write(bytes);
    });
  };
}
