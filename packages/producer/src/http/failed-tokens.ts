import { isIPv6 } from "node:net";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** Wrong tokens that an address may send at once, and then one per this many milliseconds. */
const AT_ONCE = 20;
const REFILL_MS = 1_000;
/** Addresses remembered at most; the one whose last failure is longest ago is forgotten first. */
const MAX_ADDRESSES = 10_000;

/** Wrong tokens by the address they came from. */
export interface FailedTokens {
  /**
   * To be asked before a token is looked at: whoever tries tokens learns nothing more from an address that failed too
   * often, not even that one was right.
   *
   * @throws ColaError RATE_LIMITED
   */
  check(address: string): void;
  /** Notes a wrong token. */
  note(address: string): void;
}

/** @param clock milliseconds; injected for tests */
export function createFailedTokens(clock: () => number = () => performance.now()): FailedTokens {
  /** When the failures so far are forgiven, by network. */
  const forgivenAt = new Map<string, number>();
  return {
    check(address) {
      const debt = (forgivenAt.get(networkOf(address)) ?? 0) - clock();
      if (debt <= (AT_ONCE - 1) * REFILL_MS) return;
      throw new ColaError("RATE_LIMITED", "too many wrong tokens from this address: slow down");
    },
    note(address) {
      const network = networkOf(address);
      const until = Math.max(forgivenAt.get(network) ?? 0, clock()) + REFILL_MS;
      forgivenAt.delete(network);
      forgivenAt.set(network, until);
      if (forgivenAt.size > MAX_ADDRESSES) forgivenAt.delete(forgivenAt.keys().next().value!);
    },
  };
}

/** Whoever has an IPv6 address has the 2^64 of its network. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("%")[0]!.split("::") as [string, string?];
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => "0"), ...groups(tail ?? "")];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
