import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { confinedInput } from "@colaml/shared/files/confined-path";
import { inputError, systemCode } from "@colaml/shared/files/file-errors";

/** The folder that the paths of requests lie in. */
export interface DataFolder {
  root: string;
  /** Files and folders that no request reaches though they may lie in it: state, log. */
  closed: readonly string[];
}

export interface OpenFile {
  file: FileHandle;
  stat: BigIntStats;
}

/**
 * Opens a file that a request names for reading. Where the opened file lies is compared with the checked place: a link
 * that was put there in between is noticed. Who gets it closes it.
 *
 * @throws ColaError PATH_NOT_ALLOWED, FILE_NOT_FOUND, INPUT_UNREADABLE
 */
export async function openDataFile(folder: DataFolder, path: string): Promise<OpenFile> {
  const real = placeOf(folder, path);
  // a pipe that was put there would block
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(real, flags).catch((error: unknown) => {
    throw systemCode(error) === "ENOENT" ? fileNotFound(path) : inputError(path, error);
  });
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile() || !(await liesAt(file, real))) throw changed(path);
    return { file, stat };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The path by which the kernel reaches what a handle has open, whatever becomes of the names that led there; Linux. */
export const handlePath = (handle: FileHandle) => `/proc/self/fd/${handle.fd}`;

/**
 * Whether an open file or folder lies at that place, with no link on the way. Linux tells it of the handle itself; of
 * elsewhere the place is looked at, which somebody who exchanges folders again and again may outwit.
 */
export async function liesAt(handle: FileHandle, real: string): Promise<boolean> {
  const place = await realpath(handlePath(handle)).catch(() => undefined);
  if (place !== undefined) return place === real;
  const { dev, ino } = await handle.stat({ bigint: true });
  const [named, there] = await Promise.all([
    realpath(real).catch(() => undefined),
    lstat(real, { bigint: true }).catch(() => undefined),
  ]);
  return named === real && there?.dev === dev && there.ino === ino;
}

export const changed = (path: string) =>
  new ColaError(
    "PATH_NOT_ALLOWED",
    `path ${JSON.stringify(path.slice(0, 80))} was changed while it was opened`,
  );

function placeOf({ root, closed }: DataFolder, path: string): string {
  try {
    return confinedInput(root, path, closed);
  } catch (error) {
    if (error instanceof ColaError && error.code === "INPUT_NOT_FOUND") throw fileNotFound(path);
    throw error;
  }
}

const fileNotFound = (path: string) =>
  new ColaError("FILE_NOT_FOUND", `no such file in the data folder: ${JSON.stringify(path.slice(0, 240))}`);
