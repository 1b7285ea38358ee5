import type { IncomingHttpHeaders } from "node:http";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request can come from a page of this server, as far as its browser says: what reads is always allowed;
 * what changes something needs `Sec-Fetch-Site: same-origin` or, from a browser that does not send it (plain http to
 * another machine), an `Origin` with the host that was asked. A form on another site has neither.
 */
export function isOwnOrigin(method: string, headers: IncomingHttpHeaders): boolean {
  if (SAFE_METHODS.has(method)) return true;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const { origin, host } = headers;
  if (origin === undefined || host === undefined) return false;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
