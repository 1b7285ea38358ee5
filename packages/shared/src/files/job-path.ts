import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ColaError } from "../errors/cola-error";
import { isInside } from "./confined-path";

/**
 * The absolute form of a path that a job names, for a worker to open: links followed, it must lie in the data
 * folder. What does not exist (yet) is judged by the folders that do.
 *
 * @param dataDir COLAML_DATA_DIR; empty: every path is allowed (local use)
 * @throws ColaError PATH_NOT_ALLOWED before anything is read or written
 */
export async function checkJobPath(dataDir: string, path: string): Promise<string> {
  const absolute = resolve(path);
  if (dataDir === "") return absolute;
  const root = await realpath(resolve(dataDir)).catch(() => resolve(dataDir));
  if (isInside(root, await realPlace(absolute))) return absolute;
  throw new ColaError("PATH_NOT_ALLOWED", `${path} is not in the data folder (COLAML_DATA_DIR)`);
}

/** The path with links followed as far as it exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}
