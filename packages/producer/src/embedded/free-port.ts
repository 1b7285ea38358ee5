import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that nothing listened on a moment ago. Another process may take it before the caller
 * does: whoever starts a server on it must be ready to ask for another one.
 */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
