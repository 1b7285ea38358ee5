import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
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
  if (parts.some(isHidden)) throw refuse(path, HIDDEN);
}

/** Settings, keys and the project's own temporary files begin with a dot. */
const isHidden = (name: string) => name.startsWith(".");
const HIDDEN = "no name in it may begin with a dot";

/**
 * @param real with links followed
 * @throws ColaError PATH_NOT_ALLOWED unless it lies in `root`, in no hidden folder of it, and in none of `closed`
 */
function checkPlace(
  path: string,
  real: string,
  { root, closed }: { root: string; closed: readonly string[] },
) {
  if (!isInside(root, real)) throw refuse(path, "it leads out of the data folder");
  if (relative(root, real).split(sep).some(isHidden)) throw refuse(path, HIDDEN);
  if (isClosed(closed, real)) throw refuse(path, "it is ColaML's own: state or log");
}

/** Whether a real path is one of the closed places or lies in one, be they named through links. */
export function isClosed(closed: readonly string[], real: string): boolean {
  return closed.some((place) => {
    const named = resolve(place);
    return isInside(realOrUndefined(named, () => undefined) ?? named, real);
  });
}

/** True when `path` is `root` or lies under it; both real. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * The real path of an input file that untrusted text names, inside `root`: symbolic links are followed and must
 * stay inside; devices, pipes, folders and hidden files are refused.
 *
 * @param closed files and folders that are refused though they may lie in `root`
 * @throws ColaError PATH_NOT_ALLOWED before anything outside `root` is opened; INPUT_NOT_FOUND; INPUT_UNREADABLE for
 *   a loop of links and a name that is too long
 */
export function confinedInput(root: string, path: string, closed: readonly string[] = []): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const real = realOrUndefined(join(realRoot, path), (error) => inputError(path, error));
  if (real === undefined)
    throw new ColaError("INPUT_NOT_FOUND", `no such file in the data folder: ${JSON.stringify(path)}`);
  checkPlace(path, real, { root: realRoot, closed });
  if (!statSync(real).isFile()) throw refuse(path, "it is not a regular file");
  return real;
}

/**
 * The path of an output file that untrusted text names, inside `root`; its folder must exist. An existing link
 * or special file under that name is refused, and hidden names and folders.
 *
 * @param closed files and folders that are refused though they may lie in `root`
 * @throws ColaError PATH_NOT_ALLOWED; OUTPUT_UNWRITABLE if its folder does not exist or its name is too long
 */
export function confinedOutput(root: string, path: string, closed: readonly string[] = []): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const target = join(realRoot, path);
  const folder = realOrUndefined(dirname(target), (error) => outputError(path, error));
  if (folder === undefined)
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `no such folder in the data folder: ${JSON.stringify(dirname(path))}`,
    );
  const real = join(folder, basename(target));
  checkPlace(path, real, { root: realRoot, closed });
  const there = statOrUndefined(real, path);
  if (there !== undefined && !there.isFile()) {
    throw refuse(path, "something other than a regular file is there");
  }
  return real;
}

/**
 * The real path of a folder that untrusted text names, inside `root`; the empty text names `root` itself.
 *
 * @throws ColaError PATH_NOT_ALLOWED; INPUT_NOT_FOUND; INPUT_UNREADABLE
 */
export function confinedFolder(root: string, path: string, closed: readonly string[] = []): string {
  const realRoot = realpathSync(resolve(root));
  if (path === "") return realRoot;
  checkSpelling(path);
  const real = realOrUndefined(join(realRoot, path), (error) => inputError(path, error));
  if (real === undefined || !statSync(real).isDirectory())
    throw new ColaError("INPUT_NOT_FOUND", `no such folder in the data folder: ${JSON.stringify(path)}`);
  checkPlace(path, real, { root: realRoot, closed });
  return real;
}

/**
 * The path that `confinedOutput` will give once the folders on the way are made: those that are there already must be
 * inside, and folders. Nothing is made.
 *
 * @throws ColaError PATH_NOT_ALLOWED, OUTPUT_UNWRITABLE
 */
export function futureOutput(root: string, path: string, closed: readonly string[] = []): string {
  checkSpelling(path);
  const realRoot = realpathSync(resolve(root));
  const names = path.split("/");
  for (let depth = names.length - 1; depth > 0; depth--) {
    const named = names.slice(0, depth).join("/");
    const real = realOrUndefined(join(realRoot, named), (error) => outputError(path, error));
    if (real === undefined && statOrUndefined(join(realRoot, named), path) !== undefined)
      throw refuse(path, "a link that leads nowhere is on the way");
    if (real === undefined) continue;
    if (depth === names.length - 1) return confinedOutput(root, path, closed);
    return futureIn(real, names.slice(depth), { path, named, root: realRoot, closed });
  }
  if (names.length === 1) return confinedOutput(root, path, closed);
  return futureIn(realRoot, names, { path, named: "", root: realRoot, closed });
}

interface FutureWay {
  path: string;
  /** The folder that is there, as the path names it. */
  named: string;
  root: string;
  closed: readonly string[];
}

function futureIn(folder: string, names: readonly string[], way: FutureWay): string {
  const target = join(folder, ...names);
  checkPlace(way.path, target, way);
  if (statSync(folder).isDirectory()) return target;
  throw new ColaError("OUTPUT_UNWRITABLE", `${JSON.stringify(way.named)} is a file, not a folder`);
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
