import { createHmac } from "node:crypto";

const BASE64_SECRET = "whsec_";

/** The key bytes: base64 after `whsec_`, as Standard Webhooks has it, else the text itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith(BASE64_SECRET)
    ? Buffer.from(secret.slice(BASE64_SECRET.length), "base64")
    : Buffer.from(secret, "utf8");
}

/**
 * The header `webhook-signature`: HMAC-SHA256 of `<id>.<timestamp>.<body>`, one `v1,<base64>` a secret, by spaces,
 * so that receivers can change from one key to the next (https://www.standardwebhooks.com).
 *
 * @param timestamp seconds since 1970
 */
export function webhookSignature(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: string,
): string {
  return secrets
    .map(
      (secret) =>
        `v1,${createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
    )
    .join(" ");
}
