import { ColaError, messageOf } from "../errors/cola-error";

/** Longest name of one file or folder, in bytes, on the file systems of Linux and macOS. */
export const MAX_NAME_BYTES = 255;

/** What a system error of a path means; others are faults of ours. */
const WHY: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the disk allows no file of that size",
  EIO: "the disk failed",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the disk is read-only",
  ENOENT: "the folder does not exist",
  ENOTDIR: "its folder is a file",
  EISDIR: "it is a folder",
  EEXIST: "something else has its name, or that of its folder",
  EBUSY: "it is in use: a file that is mounted into a container by itself cannot be replaced, its folder can",
  EXDEV: "its folder lies on several disks",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: `a name in it is longer than ${MAX_NAME_BYTES} bytes, or the path is longer than 4095`,
};

const SHOWN = 240;

/** A path for a message: of one that is too long, its beginning. */
export function shownPath(path: string): string {
  return path.length <= SHOWN ? path : `${path.slice(0, SHOWN)}...`;
}

/** The code of a system error, such as `ENOENT`; empty for anything else. */
export function systemCode(error: unknown): string {
  if (typeof error !== "object" || error === null || error instanceof ColaError) return "";
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** A system error of writing `path` as the project's own, OUTPUT_UNWRITABLE; anything else passes. */
export function outputError(path: string, error: unknown): unknown {
  const code = systemCode(error);
  // opened so that no link is followed, a link is a loop, too
  const why = code === "ELOOP" ? "it is a symbolic link, or links on the way lead in a circle" : WHY[code];
  if (why === undefined) return error;
  return new ColaError("OUTPUT_UNWRITABLE", `cannot write ${shownPath(path)}: ${why} (${code})`, {
    cause: error,
    details: { path, systemCode: code, message: messageOf(error) },
  });
}

/** A system error of opening or reading `path` as the project's own: INPUT_NOT_FOUND or INPUT_UNREADABLE. */
export function inputError(path: string, error: unknown): ColaError {
  if (error instanceof ColaError) return error;
  const code = systemCode(error);
  const shown = shownPath(path);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new ColaError("INPUT_NOT_FOUND", `no such file: ${shown}`, { cause: error });
  }
  const why = WHY[code] === undefined ? messageOf(error) : `${WHY[code]} (${code})`;
  return new ColaError("INPUT_UNREADABLE", `cannot read ${shown}: ${why}`, { cause: error });
}
