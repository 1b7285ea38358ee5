import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv4 } from "node:net";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** Addresses that are not out on the internet: what a webhook must not reach into. */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  // 6to4 relays: they carry packets on to addresses inside IPv6 (RFC 7526 withdrew them)
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv4");
}
/** Of IPv6 only global unicast is public, less what carries or documents other addresses. */
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet("2000::", 3, "ipv6");
for (const [net, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv6");
}

/** Whether an IP address is a public one; IPv4 inside IPv6 is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !PRIVATE.check(address, "ipv4");
  return isIP(address) === 6 && PUBLIC_V6.check(address, "ipv6") && !PRIVATE.check(address, "ipv6");
}

export interface Address {
  address: string;
  family: number;
}
export type Resolve = (host: string) => Promise<Address[]>;

export const resolveHost: Resolve = (host) => lookup(host, { all: true, verbatim: true });

/**
 * The address to connect to. The host is resolved once and every answer must be public, so a name cannot point
 * elsewhere between this check and the connection.
 *
 * @param host as in `URL.hostname`
 * @throws ColaError WEBHOOK_FAILED (final) if an address is private, (retryable) if the name has none
 */
export async function publicAddress(host: string, allowPrivate: boolean, resolve: Resolve): Promise<Address> {
  const bare = host.replace(/^\[|\]$/g, "");
  const family = isIP(bare);
  const found = family > 0 ? [{ address: bare, family }] : await resolved(bare, resolve);
  if (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))) {
    throw new ColaError(
      "WEBHOOK_FAILED",
      `webhook host ${host} is a private address: COLAML_WEBHOOK_ALLOW_PRIVATE allows it`,
      { retryable: false },
    );
  }
  return found[0]!;
}

async function resolved(host: string, resolve: Resolve): Promise<Address[]> {
  try {
    const found = await resolve(host);
    if (found.length > 0) return found;
  } catch (cause) {
    throw new ColaError("WEBHOOK_FAILED", `webhook host ${host} has no address`, { cause });
  }
  throw new ColaError("WEBHOOK_FAILED", `webhook host ${host} has no address`);
}
