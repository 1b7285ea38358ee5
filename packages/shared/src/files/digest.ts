import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { inputError } from "./file-errors";

const STEP = 1 << 20;

/**
 * sha256 of a file's bytes as they lie on the disk (compressed ones stay so), in lower-case hex. Constant memory.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await hashFile(path, hash);
  } catch (error) {
    throw inputError(path, error);
  }
  return hash.digest("hex");
}

/** Adds a file's bytes, or the first `bytes` of them, to a hash. One buffer serves for all of them. */
export async function hashFile(path: string, hash: Hash, bytes = Number.POSITIVE_INFINITY): Promise<void> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(STEP);
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(STEP, bytes - at), at);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
