import type { IncomingHttpHeaders } from "node:http";
import { ColaError } from "@colaml/shared/errors/cola-error";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
/** What a browser says of a request that this server's own page, or the person, made. */
const OWN_SITES = new Set(["same-origin", "none"]);

/**
 * Refuses what changes something if a page of another site sends it: a browser adds what it knows of the person,
 * loopback or a remembered password, to such a request. Programs send neither header and are not concerned.
 *
 * @throws ColaError FORBIDDEN
 */
export function refuseForeignPage(method: string, headers: IncomingHttpHeaders): void {
  if (SAFE_METHODS.has(method)) return;
  const site = headers["sec-fetch-site"];
  const foreign =
    site === undefined ? isForeignOrigin(headers.origin, headers.host) : !OWN_SITES.has(String(site));
  if (foreign) throw new ColaError("FORBIDDEN", "a page of another site may not change anything here");
}

/** Only asked of a browser that does not send `Sec-Fetch-Site`, as for plain http to another machine. */
function isForeignOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host ?? ""}`;
  // parsed, too: only one of them may name the default port
  return !URL.canParse(own) || new URL(own).host !== originHost;
}
