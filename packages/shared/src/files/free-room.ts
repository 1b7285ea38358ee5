import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { ColaError } from "../errors/cola-error";

const MIB = 1_048_576;

/** Bytes that a user may still write on the disk of a folder, or of the nearest one above that is there. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === folder) throw error;
    return freeBytes(above);
  }
}

/**
 * Refuses work whose result the disk could not take, before it begins.
 *
 * @param what for the message, such as `a training`
 * @throws ColaError OUTPUT_UNWRITABLE with the folder, what is free and what is needed
 */
export async function checkRoom(
  folder: string,
  neededBytes: number,
  what: string,
  free: (folder: string) => Promise<number> = freeBytes,
): Promise<void> {
  const there = await free(folder);
  if (there >= neededBytes) return;
  const mb = (bytes: number) => `${Math.floor(bytes / MIB)} MiB`;
  throw new ColaError(
    "OUTPUT_UNWRITABLE",
    `the disk of ${folder} has ${mb(there)} free, ${what} needs ${mb(neededBytes)}: free some, or set COLAML_STATE_DIR to a folder of another disk`,
  );
}
