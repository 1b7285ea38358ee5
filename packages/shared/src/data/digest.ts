import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { inputError } from "./input-file";

/**
 * sha256 of a file's bytes as they lie on the disk (compressed ones stay so), in lower-case hex. Constant memory.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch (error) {
    throw inputError(path, error);
  }
  return hash.digest("hex");
}
