import type { IncomingMessage } from "node:http";

/** Names and addresses that only programs of this machine reach. */
export const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Whether a request was sent to a name of loopback. A web page can point a name of its own at 127.0.0.1 and so read what a
 * server on loopback answers (DNS rebinding): the Host header then has that name. More than one counts as none.
 */
export function isForLoopback({ headers, rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === "host");
  const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return hosts.length === 1 && LOOPBACK_HOSTS.has(host);
}
