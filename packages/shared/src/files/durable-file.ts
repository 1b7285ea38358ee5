import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrokenOffWrites } from "./broken-off-writes";
import { outputError, systemCode } from "./file-errors";
import { makeFolders } from "./make-folders";

/** What is written is read by other processes of this user's group, and nobody else. */
export const FILE_MODE = 0o640;
/** Of folders that are made on the way. */
export const FOLDER_MODE = 0o750;

/** One per process, as it remembers in which folders it has looked. */
const brokenOff = new BrokenOffWrites();

/**
 * A new file under a name that nothing had before, whole and on the disk when this resolves; gone if `fill` fails. The
 * name is not the target's: it fits where that one does. `wx` opens neither an existing file nor what a link leads to.
 * What killed processes left in the folder goes on the way.
 *
 * @param fill writes the content; it leaves the file open
 * @returns its path in `folder`
 */
export async function writeTemporary(
  folder: string,
  fill: (file: FileHandle) => Promise<void>,
  mode = FILE_MODE,
): Promise<string> {
  await brokenOff.remove(folder);
  const temporary = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", mode);
  try {
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  return temporary;
}

/** The parts in a file beside `path`. */
function writeBeside(path: string, parts: readonly Uint8Array[], mode: number): Promise<string> {
  const fill = async (file: FileHandle) => {
    // whole: `write` alone stops short of the end of a full disk, and says so by a number
    for (const part of parts) await file.writeFile(part);
  };
  return writeTemporary(dirname(path), fill, mode);
}

/**
 * Writes a file so that it is there complete or not at all, whatever is killed: temporary name, fsync, rename. What
 * is there already is replaced: of a symbolic link the link, not what it leads to.
 *
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function writeDurably(
  path: string,
  parts: readonly Uint8Array[],
  mode = FILE_MODE,
): Promise<void> {
  let temporary: string | undefined;
  try {
    temporary = await writeBeside(path, parts, mode);
    await rename(temporary, path);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw outputError(path, error);
  }
}

/**
 * The same for a name that must be free: of two writers one wins, and nobody reads half a file.
 *
 * @returns false if something is there already, which stays as it is
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function writeOnce(
  path: string,
  parts: readonly Uint8Array[],
  mode = FILE_MODE,
): Promise<boolean> {
  try {
    const temporary = await writeBeside(path, parts, mode);
    try {
      return await moveNew(temporary, path);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  } catch (error) {
    throw outputError(path, error);
  }
}

/** File systems without hard links (FAT, some network disks, disks that are joined to one) answer a link with one of these. */
const NO_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
  "EINVAL",
]);

/**
 * Moves a file to a name that must be free. Doing it again after a kill finishes it.
 *
 * @returns false if another file has the name: both stay as they are
 */
export async function moveNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") {
      if (!(await isSameFile(from, to))) return false;
    } else if (NO_LINKS.has(code)) {
      if (await isThere(to)) return false;
      await rename(from, to);
      return true;
    } else throw error;
  }
  await rm(from, { force: true });
  return true;
}

/** Whether something is under that name, be it a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return false;
    throw error;
  }
}

/**
 * Whether two names are of one file (device and inode), links not followed; false if one of them is not there, or the
 * disk gives no inodes: then every file would be the same.
 */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [a, b].map((path) => lstat(path, { bigint: true }).catch(() => undefined)),
  );
  return first !== undefined && first.ino !== 0n && first.dev === second?.dev && first.ino === second.ino;
}

/** To read and write at any place: made if it is not there, never cut, and not what a link leads to. */
export const OPEN_GROWING = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
/** To read and write what is there. */
export const OPEN_STANDING = constants.O_RDWR | constants.O_NOFOLLOW;

/** Makes a folder and those above it. @throws ColaError OUTPUT_UNWRITABLE */
export async function makeFolder(folder: string, mode = FOLDER_MODE): Promise<void> {
  try {
    await makeFolders(folder, mode);
  } catch (error) {
    throw outputError(folder, error);
  }
}

/**
 * Makes renames in a folder last. On a file system that syncs no folders (some network disks), nothing more can be done.
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(systemCode(error))) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Gives a folder that is complete its name, and makes that last. A folder of that name with something in it is not
 * replaced.
 *
 * @throws the error of the system, ENOTEMPTY or EEXIST if the name is taken
 */
export async function moveFolder(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

const NO_FOLDER_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

const LINE_FEED = 10;

/**
 * Appends a line to a file of lines; it is on the disk when this resolves. A last line that a crash cut off gets its
 * line end first: it costs only itself, not the new line.
 *
 * @returns whether there was one
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function appendLine(path: string, line: string): Promise<boolean> {
  try {
    const file = await open(path, "a+", FILE_MODE);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      const wasCutOff = size > 0 && last[0] !== LINE_FEED;
      await file.writeFile(`${wasCutOff ? "\n" : ""}${line}\n`);
      await file.sync();
      return wasCutOff;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw outputError(path, error);
  }
}
