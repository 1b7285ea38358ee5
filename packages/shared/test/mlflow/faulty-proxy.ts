import { request as httpRequest } from "node:http";
import { type FaultServer, faultServer } from "./fault-server";

/** What happens to the first request of each kind: the server never sees it, or nobody sees its answer. */
export type Fault = "answers 503" | "loses the answer";

/**
 * Stands before a real server and lets the first request of each method and path fail; the next one passes.
 * A query or an id in a path does not make a new kind.
 */
export function faultyProxy(target: string, fault: Fault): Promise<FaultServer> {
  const known = new Set<string>();
  return faultServer((request, response) => {
    const kind = `${request.method} ${request.url?.replace(/\?.*/, "").replace(/m-[0-9a-f]{32}/, "<model>")}`;
    const isFirst = !known.has(kind);
    known.add(kind);
    if (isFirst && fault === "answers 503") {
      request.resume();
      response.writeHead(503).end();
      return;
    }
    const { host: _, ...headers } = request.headers;
    const upstream = httpRequest(`${target}${request.url}`, { method: request.method, headers }, (answer) => {
      if (isFirst) {
        answer.resume().once("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(upstream);
  });
}
