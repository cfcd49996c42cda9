import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A stretch of network that a test can break: passes TCP connections on to a port of this machine. Its own port
 * stays the same while the server behind it goes away and comes back on another one.
 */
export class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: () => number;
  #stalled = false;

  private constructor(targetPort: () => number) {
    this.#targetPort = targetPort;
    // Half-open, so that each side hears of the other's end exactly as it came.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#pass(socket),
    );
  }

  static async start(targetPort: () => number): Promise<Line> {
    const line = new Line(targetPort);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets all connections, as a broken line does; returns how many there were. New ones can be made. */
  cut(): number {
    const connections = this.#sockets.size / 2;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return connections;
  }

  /** From now on nothing gets through, and nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was held up arrives after all. */
  resume(): void {
    this.#stalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #pass(near: Socket): void {
    const far = connect({ port: this.#targetPort(), host: '127.0.0.1', allowHalfOpen: true });
    this.#forward(near, far);
    this.#forward(far, near);
    if (this.#stalled) return;
    near.resume();
  }

  #forward(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => this.#stalled || from.resume());
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
    if (this.#stalled) from.pause();
  }
}
