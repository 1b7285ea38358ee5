import { isIP } from "node:net";
import { type About, type Entry, text } from "./setting-kinds";

/** Addresses and networks of a list by comma: `10.0.0.7, 10.1.0.0/16`. */
export const proxyList = (value: string): string[] =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");

/** An address, or a network that is not the whole world: whoever is trusted may say that a request is from anybody. */
function isProxyAddress(one: string): boolean {
  const [address = "", bits, ...rest] = one.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128);
}

/** Addresses and networks in CIDR notation, by comma, or empty. */
export const proxyAddresses = (about: Omit<About<string>, "default">): Entry<string, never, never> => {
  const entry = text<never, never>({ ...about, default: "" });
  return {
    ...entry,
    allowed: "addresses and networks such as 10.0.0.7 or 10.1.0.0/16, by comma",
    type: entry.type.refine((value) => proxyList(value).every(isProxyAddress)),
  };
};
