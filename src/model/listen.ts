const LISTEN = /^(\[[0-9a-f:.]+\]|[^:]+):(\d{1,5})$/i;

export interface ListenAddress {
  /** An IPv6 address without its brackets, as Node takes it. */
  host: string;
  port: number;
}

/** Reads `host:port`; null for anything else. */
export function listenAddress(text: string): ListenAddress | null {
  const [, host, port] = LISTEN.exec(text) ?? [];
  if (!host || Number(port) > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Reads `host:port`, of which the settings have seen that it is that. */
export function requireListenAddress(text: string): ListenAddress {
  const address = listenAddress(text);
  if (!address) throw new Error(`${text} must be host:port.`);
  return address;
}
