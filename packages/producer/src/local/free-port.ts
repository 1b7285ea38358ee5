import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 that nothing listened on a moment ago. Another process may take it before the caller
 * does: whoever starts a server on it must be ready to ask for another one.
 *
 * @param preferred taken if nothing listens on it, else any other
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await bind(preferred).catch(() => undefined))) return preferred;
  return bind(0);
}

/** The port that could be listened on (0 is any), closed again. */
async function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const bound = (server.address() as { port: number }).port;
      server.close(() => resolve(bound));
    });
  });
}
