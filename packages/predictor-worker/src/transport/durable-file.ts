import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";

/** What is written is read by other processes of this user's group, and nobody else. */
export const FILE_MODE = 0o640;

/** Writes a file so that it is there complete or not at all, whatever is killed: temporary name, fsync, rename. */
export async function writeDurably(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", FILE_MODE);
    try {
      // whole: `write` alone stops short of the end of a full disk, and says so by a number
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw outputError(path, error);
  }
}

/** Makes renames in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const WHY: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the disk is read-only",
  ENOENT: "the folder does not exist",
  ENOTDIR: "its folder is a file",
  EISDIR: "it is a folder",
};

/** A system error of writing `path` as the project's own; others pass. */
export function outputError(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const why = WHY[code];
  if (why === undefined || error instanceof ColaError) return error;
  return new ColaError("OUTPUT_UNWRITABLE", `cannot write ${path}: ${why} (${code})`, {
    cause: error,
    details: { path, systemCode: code, message: messageOf(error) },
  });
}
