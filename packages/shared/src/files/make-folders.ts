import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./file-errors";

/**
 * Makes a folder and those above it that are missing; one that is there is left as it is.
 *
 * Node's own `mkdir` with `recursive` never ends, at full CPU and deaf to signals, if a system has no place for a name in
 * a folder that exists: below the root of an automounter, or in `/proc`.
 *
 * @param mode of each folder that is made
 * @throws the error of the system
 */
export async function makeFolders(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (await isFolder(folder)) return;
    const parent = dirname(folder);
    if (systemCode(error) !== "ENOENT" || parent === folder) throw error;
    await makeFolders(parent, mode);
    await mkdir(folder, { mode }).catch(async (second: unknown) => {
      if (!(await isFolder(folder))) throw second;
    });
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
