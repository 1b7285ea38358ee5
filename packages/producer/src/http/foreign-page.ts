import type { IncomingHttpHeaders } from "node:http";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { isOwnOrigin } from "./own-origin";

/**
 * Refuses what changes something if a page of another site sends it: a browser adds what it knows of the person,
 * loopback or a remembered password, to such a request. Programs send neither of the two headers and are not
 * concerned.
 *
 * @throws ColaError FORBIDDEN
 */
export function refuseForeignPage(method: string, headers: IncomingHttpHeaders): void {
  const isPage = headers["sec-fetch-site"] !== undefined || headers.origin !== undefined;
  if (!isPage || isOwnOrigin(method, headers)) return;
  throw new ColaError("FORBIDDEN", "a page of another site may not change anything here");
}
