import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError, type ErrorCode } from "@colaml/shared/errors/cola-error";

/** What ended may hold its port for a moment. */
const FREED_WITHIN_MS = 3_000;
const LOOK_MS = 100;

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

/**
 * Waits a moment until nothing listens on a port: a server that cannot take its port ends only after its start was
 * looked at, and another program's server that answers there would pass for it.
 *
 * @param server its name, for the message
 * @throws ColaError `code` with `details.takenPort` if something listens there still
 */
export async function needPort(port: number, server: string, code: ErrorCode): Promise<void> {
  const deadline = performance.now() + FREED_WITHIN_MS;
  while (!(await bind(port).catch(() => undefined))) {
    if (performance.now() >= deadline)
      throw new ColaError(
        code,
        `another program listens on port ${port} of ${server}: end it, or start again on another port`,
        { details: { takenPort: port } },
      );
    await delay(LOOK_MS);
  }
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
