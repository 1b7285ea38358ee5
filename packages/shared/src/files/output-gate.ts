import type { BigIntStats } from "node:fs";
import { access, constants, lstat, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { ColaError } from "../errors/cola-error";
import { isSameFile, isThere, moveNew, writeDurably, writeOnce } from "./durable-file";
import { MAX_NAME_BYTES, outputError, shownPath, systemCode } from "./file-errors";

/** What a job or command may write over. */
export interface OutputRules {
  /** Files that the same job reads: none of them is ever written over, under whatever name. */
  inputs: readonly string[];
  /** Whether the user asked for what is there to be replaced. */
  force: boolean;
  /** Whether what is there was made by the same job, which may replace it unasked. */
  isOurs?: (path: string) => Promise<boolean>;
  /** Bytes that the names of the files beside it are longer, and the longest of those endings; absent: there are none. */
  longestSuffix?: { bytes: number; example: string };
}

/** `new`: the name is free. `replace`: a regular file is there that may go. */
export type OutputPlace = "new" | "replace";

/** Name of the folder that a batch keeps beside its output, `.scored.csv.colaml`. */
const BATCH_FOLDER = /^\..+\.colaml$/;

/**
 * The gate that every path goes through which a user, a payload or a flag names for writing: not an input, not there
 * already unless it may be replaced, a regular file, no symbolic link, a name that fits, a folder that can be
 * written. To be asked before any work, and again by what puts the file there.
 *
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function checkOutput(path: string, rules: OutputRules): Promise<OutputPlace> {
  checkName(path, rules.longestSuffix);
  await checkFolder(path);
  const there = await statOf(path, lstat);
  if (there === undefined) return "new";
  await checkNoInput(path, rules.inputs);
  const what = notAFile(there);
  if (what !== undefined) throw refused(path, `it is ${what}: give another name`);
  if (rules.force || (await rules.isOurs?.(path)) === true) return "replace";
  throw outputExists(path);
}

/** What says that a name is taken. */
export function outputExists(path: string): ColaError {
  return new ColaError(
    "OUTPUT_EXISTS",
    `${shownPath(path)} exists: use --force (in a payload: force) to replace it, or another name`,
  );
}

/**
 * Writes a file through the gate, complete or not at all. Of two writers of a free name one gets OUTPUT_EXISTS.
 *
 * @throws ColaError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export async function writeOutput(
  path: string,
  parts: readonly Uint8Array[],
  rules: OutputRules,
): Promise<void> {
  const place = await checkOutput(path, rules);
  if (place === "replace" || rules.force) await writeDurably(path, parts);
  else if (!(await writeOnce(path, parts))) throw outputExists(path);
}

/**
 * Moves a finished file to the place that `checkOutput` allowed. To be repeated after a kill: a file that was moved
 * already stays.
 *
 * @throws ColaError OUTPUT_EXISTS if another writer took the free name meanwhile; OUTPUT_UNWRITABLE
 */
export async function moveOutput(from: string, to: string, place: OutputPlace): Promise<void> {
  try {
    if (await isPlaced(from, to)) return;
    if (place === "replace") await rename(from, to);
    else if (!(await moveNew(from, to))) throw outputExists(to);
  } catch (error) {
    throw outputError(to, error);
  }
}

/** Whether an earlier `moveOutput` of the same files was through but for the name it moves from. */
export async function isPlaced(from: string, to: string): Promise<boolean> {
  return !(await isThere(from)) || ((await isSameFile(from, to)) && (await moveNew(from, to)));
}

function refused(path: string, why: string): ColaError {
  return new ColaError("OUTPUT_UNWRITABLE", `cannot write ${shownPath(path)}: ${why}`);
}

function checkName(path: string, longest: OutputRules["longestSuffix"]): void {
  if (/[\\/]$/.test(path)) throw refused(path, "it names a folder");
  const bytes = Buffer.byteLength(basename(path));
  const most = MAX_NAME_BYTES - (longest?.bytes ?? 0);
  if (bytes <= most) return;
  const beside =
    longest === undefined ? "" : ` (files beside it add up to ${longest.bytes}, such as ${longest.example})`;
  throw refused(path, `its name has ${bytes} bytes, at most ${most} are allowed${beside}`);
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  try {
    if (!(await stat(folder)).isDirectory()) throw refused(path, `${shownPath(folder)} is not a folder`);
    await checkNoBatchFolder(path, await realpath(folder));
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (systemCode(error) === "ENOENT")
      throw refused(path, `the folder does not exist: \`mkdir -p "${shownPath(folder)}"\` makes it`);
    throw outputError(path, error);
  }
}

/** What lies in a batch folder is the batch's, and is removed with it. */
async function checkNoBatchFolder(path: string, folder: string): Promise<void> {
  const names = folder.split(sep);
  for (const [i, name] of names.entries()) {
    if (!BATCH_FOLDER.test(name)) continue;
    const batch = names.slice(0, i + 1).join(sep);
    if (await isThere(join(batch, "owner.json")))
      throw refused(path, `${shownPath(batch)} is a batch folder, which goes when its batch ends`);
  }
}

async function checkNoInput(path: string, inputs: readonly string[]): Promise<void> {
  const there = await statOf(path, stat);
  for (const input of inputs) {
    const read = await stat(input, { bigint: true }).catch(() => undefined);
    if (read === undefined || there === undefined) continue;
    // a network disk may give no inodes: names with every link followed are compared, too
    const same =
      (there.dev === read.dev && there.ino === read.ino && read.ino !== 0n) || (await sameName(path, input));
    if (same) throw refused(path, `it is the input ${shownPath(input)}: give another name`);
  }
}

async function sameName(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => realpath(path).catch(() => undefined)));
  return first !== undefined && first === second;
}

async function statOf(path: string, how: typeof lstat): Promise<BigIntStats | undefined> {
  try {
    return await how(path, { bigint: true });
  } catch (error) {
    const code = systemCode(error);
    // a link that leads nowhere, or in a circle, is judged as the link it is
    if (code === "ENOENT" || (how !== lstat && code === "ELOOP")) return undefined;
    throw outputError(path, error);
  }
}

function notAFile(there: BigIntStats): string | undefined {
  if (there.isFile()) return undefined;
  if (there.isSymbolicLink()) return "a symbolic link, and none is followed";
  if (there.isDirectory()) return "a folder";
  return "not a regular file (a pipe, a socket or a device)";
}
