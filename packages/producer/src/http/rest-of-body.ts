import type { IncomingMessage } from "node:http";

/** Bytes that are read and dropped at most, and for how long. */
const MAX_BYTES = 64 * 1_048_576;
const MAX_MS = 5_000;

/**
 * Reads what is left of a refused body, and drops it. A client that still writes when the connection is closed sees a
 * broken pipe instead of the answer. Resolves at the end of the body, or when it is too much or takes too long.
 */
export async function dropRestOfBody(body: IncomingMessage): Promise<void> {
  if (body.complete || body.destroyed || Number(body.headers["content-length"] ?? 0) > MAX_BYTES) return;
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const stop = () => {
      clearTimeout(late);
      body.off("data", count);
      for (const event of ["end", "close", "error"]) body.off(event, stop);
      resolve();
    };
    const count = (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > MAX_BYTES) stop();
    };
    const late = setTimeout(stop, MAX_MS);
    body.on("data", count);
    for (const event of ["end", "close", "error"]) body.on(event, stop);
    body.resume();
  });
}
