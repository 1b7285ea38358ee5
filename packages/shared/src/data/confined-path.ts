import { realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { ColaError } from "../errors/cola-error";

/** Spellings that mean something else to another parser: percent escapes, backslashes, control characters. */
const SUSPICIOUS = /%|\\|[\p{Cc}]/u;

function refuse(path: string, why: string): ColaError {
  const shown = JSON.stringify(path.slice(0, 80));
  return new ColaError("PATH_NOT_ALLOWED", `path ${shown} is not allowed: ${why}`);
}

/** @throws ColaError PATH_NOT_ALLOWED unless it is a plain relative path without `..`, `%`, `\` or control characters */
function checkSpelling(path: string): void {
  if (path === "" || path.length > 1024) throw refuse(path, "it must have 1 to 1024 characters");
  if (SUSPICIOUS.test(path)) throw refuse(path, "%, backslash and control characters are refused");
  if (isAbsolute(path) || /^[A-Za-z]:/.test(path) || path.startsWith("~")) {
    throw refuse(path, "it must be relative to the data folder");
  }
  const parts = path.split("/");
  if (parts.includes("..")) throw refuse(path, "it must not contain ..");
  if (parts.includes("") || path.endsWith("/.")) throw refuse(path, "it must name a file");
}

/** True when `path` is `root` or lies under it; both real. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * The real path of an input file that untrusted text names, inside `root`: symbolic links are followed and must
 * stay inside; devices, pipes and folders are refused.
 *
 * @throws ColaError PATH_NOT_ALLOWED before anything outside `root` is opened; INPUT_NOT_FOUND
 */
export function confinedInput(root: string, path: string): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const real = realOrUndefined(join(realRoot, path));
  if (real === undefined)
    throw new ColaError("INPUT_NOT_FOUND", `no such file in the data folder: ${JSON.stringify(path)}`);
  if (!isInside(realRoot, real)) throw refuse(path, "it leads out of the data folder");
  if (!statSync(real).isFile()) throw refuse(path, "it is not a regular file");
  return real;
}

/**
 * The path of an output file that untrusted text names, inside `root`; its folder must exist. An existing link
 * or special file under that name is refused.
 *
 * @throws ColaError PATH_NOT_ALLOWED; OUTPUT_UNWRITABLE when its folder does not exist
 */
export function confinedOutput(root: string, path: string): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const target = join(realRoot, path);
  const folder = realOrUndefined(dirname(target));
  if (folder === undefined)
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `no such folder in the data folder: ${JSON.stringify(dirname(path))}`,
    );
  if (!isInside(realRoot, folder)) throw refuse(path, "it leads out of the data folder");
  const real = join(folder, basename(target));
  const existing = realOrUndefined(real);
  if (existing !== undefined && (existing !== real || !statSync(existing).isFile())) {
    throw refuse(path, "something other than a regular file is there");
  }
  return real;
}

function realOrUndefined(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}
