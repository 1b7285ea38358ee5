import { renameSync, statSync } from "node:fs";

/** A log of this size makes room for a new one. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Renames a log that has grown large to `<path>.1`, which replaces the one before: at most two files of a log are
 * kept. Called before a process opens it; one that has it open writes on to the renamed file.
 *
 * @param maxBytes 64 MiB; only tests need another number
 */
export function rotateLog(path: string, maxBytes = MAX_BYTES): void {
  try {
    const found = statSync(path);
    // A pipe or /dev/stderr is not ours to rename.
    if (found.isFile() && found.size >= maxBytes) renameSync(path, `${path}.1`);
  } catch {
    // Absent, or not ours: opening it says so.
  }
}
