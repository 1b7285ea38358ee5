import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { ColaError } from "../errors/cola-error";
import { inputError } from "../files/file-errors";

/** What shows that a file has not changed: size in bytes, modification time in ms, inode. */
export interface FileIdentity {
  size: number;
  mtimeMs: number;
  inode: number;
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw inputError(path, error);
  }
}

/**
 * Checks that `path` is a regular file with something in it.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE (a folder, a device), INPUT_EMPTY
 */
export async function identifyInput(path: string): Promise<FileIdentity> {
  const stats = await statOf(path);
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? "a folder" : "not a regular file";
    throw new ColaError("INPUT_UNREADABLE", `${path} is ${what}: give a CSV, TSV or NDJSON file`);
  }
  if (stats.size === 0) throw new ColaError("INPUT_EMPTY", `${path} is empty (0 bytes)`);
  return { size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino };
}

/**
 * Checks that the file is still what it was when work on it began.
 *
 * @throws ColaError INPUT_CHANGED, INPUT_NOT_FOUND
 */
export async function checkUnchanged(path: string, before: FileIdentity): Promise<void> {
  const now = await statOf(path);
  if (now.size === before.size && now.mtimeMs === before.mtimeMs && now.ino === before.inode) return;
  throw new ColaError(
    "INPUT_CHANGED",
    `${path} changed while it was read (${before.size} bytes at the start, ${now.size} now)`,
  );
}
