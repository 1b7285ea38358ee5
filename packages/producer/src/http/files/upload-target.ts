import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { confinedOutput, futureOutput } from "@colaml/shared/files/confined-path";
import { FOLDER_MODE, isThere } from "@colaml/shared/files/durable-file";
import { outputError, systemCode } from "@colaml/shared/files/file-errors";
import { makeFolders } from "@colaml/shared/files/make-folders";
import { checkOutput, moveOutput } from "@colaml/shared/files/output-gate";
import { changed, type DataFolder, handlePath, liesAt } from "./data-folder";
import { entityTag, namesTag } from "./entity-tag";

/** Where an upload goes, and what may be replaced there. */
export interface Target {
  path: string;
  /** Replace whatever file is there. */
  force: boolean;
  /** Replace the file that has one of these entity tags, and only that. */
  ifMatch?: string | undefined;
}

/**
 * What stands at the target now, before any byte is taken.
 *
 * @returns the file that is there, if any
 * @throws ColaError PATH_NOT_ALLOWED, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, PRECONDITION_FAILED
 */
export async function checkTarget(
  { root, closed }: DataFolder,
  target: Target,
): Promise<BigIntStats | undefined> {
  futureOutput(root, target.path, closed);
  const full = join(await realpath(root), target.path);
  const there = await lstat(full, { bigint: true }).catch(() => undefined);
  checkCondition(target, there);
  if (there !== undefined && !mayReplace(target)) throw exists(target.path);
  return there;
}

const mayReplace = ({ force, ifMatch }: Target) => force || ifMatch !== undefined;

/** @throws ColaError PRECONDITION_FAILED */
function checkCondition({ path, ifMatch }: Target, there: BigIntStats | undefined): void {
  if (ifMatch === undefined || (there !== undefined && namesTag(ifMatch, entityTag(there)))) return;
  const what = there === undefined ? "no file is there" : `the file's entity tag is ${entityTag(there)} now`;
  throw new ColaError("PRECONDITION_FAILED", `${JSON.stringify(path)} is not replaced: ${what}`);
}

const exists = (path: string) =>
  new ColaError(
    "OUTPUT_EXISTS",
    `${JSON.stringify(path)} exists: send If-Match with its entity tag, or ?force=true, to replace it, or take another name`,
  );

/**
 * Puts a finished upload in its place, complete or not at all; the folders on the way are made. Of two uploads to a
 * free name one gets it.
 *
 * @param from its file in the data folder
 * @returns the file's state, and whether the name was free
 * @throws ColaError as `checkTarget`, for it is looked at again
 */
export async function placeUpload(
  folder: DataFolder,
  target: Target,
  from: string,
): Promise<{ stat: BigIntStats; created: boolean }> {
  await checkTarget(folder, target);
  const { root, closed } = folder;
  const realRoot = await realpath(root);
  await makeFolders(dirname(join(realRoot, target.path)), FOLDER_MODE).catch((error) => {
    throw outputError(target.path, error);
  });
  const to = confinedOutput(root, target.path, closed);
  const dir = await openFolder(target.path, dirname(to));
  try {
    return await placeIn(dir, target, from, to);
  } finally {
    await dir.close();
  }
}

/** The folder as it is now: who exchanges it for a link from here on changes nothing. */
async function openFolder(path: string, folder: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const dir = await open(folder, flags).catch((error: unknown) => {
    throw /^(ELOOP|ENOTDIR)$/.test(systemCode(error)) ? changed(path) : outputError(path, error);
  });
  if (await liesAt(dir, folder)) return dir;
  await dir.close();
  throw changed(path);
}

async function placeIn(
  dir: FileHandle,
  target: Target,
  from: string,
  named: string,
): Promise<{ stat: BigIntStats; created: boolean }> {
  const isPinned = await isThere(handlePath(dir));
  const to = isPinned ? join(handlePath(dir), basename(named)) : named;
  try {
    const place = await checkOutput(to, { inputs: [], force: mayReplace(target) });
    await moveOutput(from, to, place);
    await dir.sync();
    return { stat: await lstat(to, { bigint: true }), created: place === "new" };
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    if (error.code === "OUTPUT_EXISTS") throw exists(target.path);
    // The path by which the kernel has the folder says nothing to who sent the file.
    throw new ColaError(error.code, error.message.replaceAll(to, target.path), { cause: error });
  }
}
