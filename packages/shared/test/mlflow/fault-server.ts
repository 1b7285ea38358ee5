import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FaultServer {
  uri: string;
  /** Every request so far, e.g. `GET /health`. */
  seen: string[];
  /** Headers of the last request. */
  lastHeaders: () => IncomingMessage["headers"];
  close(): Promise<void>;
}

/** A server that misbehaves as `answer` says; what it leaves open is cut at the end. */
export async function faultServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FaultServer> {
  const seen: string[] = [];
  let headers: IncomingMessage["headers"] = {};
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    headers = request.headers;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}`,
    seen,
    lastHeaders: () => headers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
