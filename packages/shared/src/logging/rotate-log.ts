import { closeSync, copyFileSync, openSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";

/** A log of this size makes room for a new one; `logging.maxMb` is its setting. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A lock that old was left by a process that died while it renamed. */
const STALE_MS = 60_000;

/**
 * Renames a log that has grown large to `<path>.1`, which replaces the one before: two files of a log are kept. One
 * process at a time does it: a second one would replace the log that was just kept by the one that was just begun.
 *
 * @param maxBytes default 64 MiB
 */
export function rotateLog(path: string, maxBytes = MAX_BYTES): void {
  ifLarge(path, maxBytes, () => renameSync(path, `${path}.1`));
}

/**
 * The same for a log that another process writes to and knows only by its open file: the content is copied to
 * `<path>.1`, then cut. Lines that are written between the two are lost; the file must be open for appending.
 */
export function copyAndCutLog(path: string, maxBytes = MAX_BYTES): void {
  ifLarge(path, maxBytes, () => {
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  });
}

function ifLarge(path: string, maxBytes: number, rotate: () => void): void {
  // A pipe or /dev/stderr is not ours to rename.
  const isLarge = () => {
    const found = statSync(path);
    return found.isFile() && found.size >= maxBytes;
  };
  try {
    if (isLarge()) underLock(`${path}.rotating`, () => isLarge() && rotate());
  } catch {
    // Absent, or not ours: opening it says so.
  }
}

/** Does nothing if another process is at it. */
function underLock(lock: string, work: () => void): void {
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch {
    // Far in the future it was made by a clock that was ahead.
    if (Math.abs(Date.now() - statSync(lock).mtimeMs) > STALE_MS) rmSync(lock, { force: true });
    return;
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}
