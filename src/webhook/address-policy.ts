import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Which addresses deliveries may be sent to: the public internet, and what an operator opens beside it. */
export class AddressPolicy {
  readonly #opened = new BlockList();

  /** @param cidrs such as `10.1.0.0/16` or `::1/128` */
  constructor(cidrs: readonly string[] = []) {
    for (const cidr of cidrs) {
      const [address, bits] = readCidr(cidr);
      this.#opened.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** Whether one may connect to this address, an IP in any spelling that the system would connect to. */
  allows(address: string): boolean {
    const plain = plainly(address);
    if (!ipaddr.isValid(plain)) return false;
    // An IPv4 address in the form of IPv6 leads to that IPv4 address.
    const target = ipaddr.process(plain);
    if (this.#opened.check(target.toString(), target.kind())) return true;
    return isPublic(target);
  }
}

/** IANA has given out 2000::/3 for the public internet, and nothing else yet. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Serves machines of a cloud what only they may know, under an address that looks like any other (Azure's). */
const METADATA = '168.63.129.16';

/**
 * `unicast` is what ipaddr.js calls that which is none of: loopback, private, link-local (metadata services are there),
 * unique-local, multicast, documentation, carrier-grade NAT, unspecified, reserved, and the forms of IPv6 that embed an
 * IPv4 address (NAT64, 6to4, Teredo), by which one of those could be reached after all.
 */
function isPublic(target: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (target.range() !== 'unicast' || target.toString() === METADATA) return false;
  return target instanceof ipaddr.IPv4 || target.match(GLOBAL_UNICAST);
}

/** IPv6 in hexadecimal and without a zone: of ::8.8.8.8 ipaddr.js would make 8.8.8.8, which it is not. */
function plainly(address: string): string {
  const [bare = ''] = address.split('%');
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : address;
}

function readCidr(cidr: string): [address: string, bits: number] {
  try {
    const [address, bits] = ipaddr.parseCIDR(cidr.trim());
    return [address.toString(), bits];
  } catch {
    throw new Error(`SITREP_WEBHOOK_ALLOW has ${cidr}, which is not a CIDR such as 10.1.0.0/16.`);
  }
}
