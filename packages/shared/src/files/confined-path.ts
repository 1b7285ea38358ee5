import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { ColaError } from "../errors/cola-error";
import { inputError, outputError, systemCode } from "./file-errors";

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
 * @throws ColaError PATH_NOT_ALLOWED before anything outside `root` is opened; INPUT_NOT_FOUND; INPUT_UNREADABLE for
 *   a loop of links and a name that is too long
 */
export function confinedInput(root: string, path: string): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const real = realOrUndefined(join(realRoot, path), (error) => inputError(path, error));
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
 * @throws ColaError PATH_NOT_ALLOWED; OUTPUT_UNWRITABLE if its folder does not exist or its name is too long
 */
export function confinedOutput(root: string, path: string): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const target = join(realRoot, path);
  const folder = realOrUndefined(dirname(target), (error) => outputError(path, error));
  if (folder === undefined)
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `no such folder in the data folder: ${JSON.stringify(dirname(path))}`,
    );
  if (!isInside(realRoot, folder)) throw refuse(path, "it leads out of the data folder");
  const real = join(folder, basename(target));
  const there = statOrUndefined(real, path);
  if (there !== undefined && !there.isFile()) {
    throw refuse(path, "something other than a regular file is there");
  }
  return real;
}

/** The path with links followed; undefined if there is no such file. Other system errors by `as`. */
function realOrUndefined(path: string, as: (error: unknown) => unknown): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return undefined;
    throw as(error);
  }
}

/** What is under the name itself, be it a link that leads nowhere. */
function statOrUndefined(path: string, named: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw outputError(named, error);
  }
}
