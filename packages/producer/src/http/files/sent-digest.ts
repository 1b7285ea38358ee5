import { ColaError } from "@colaml/shared/errors/cola-error";

/** As RFC 9530 writes it: `sha-256=:<base64>:`, perhaps among others. */
const SHA_256 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:$|,)/i;

/**
 * The sha-256 that a `Content-Digest` or `Repr-Digest` header names, in lower-case hex.
 *
 * @throws ColaError USAGE if there is a header, but no sha-256 in it
 */
export function sentDigest(name: string, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const base64 = SHA_256.exec(header)?.[1];
  if (base64 !== undefined) return Buffer.from(base64, "base64").toString("hex");
  throw new ColaError("USAGE", `${name}: allowed is sha-256=:BASE64: of 32 bytes`);
}
