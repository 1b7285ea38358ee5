import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";

/**
 * Refuses a path that, links followed, does not lie under `root`; an empty `root` allows any. The last part may not
 * exist yet.
 *
 * @throws ColaError PATH_NOT_ALLOWED before anything is read or written
 */
export async function checkConfined(path: string, root: string): Promise<void> {
  if (root === "") return;
  const realRoot = await realpath(resolve(root)).catch(() => resolve(root));
  const place = relative(realRoot, await realPlace(resolve(path)));
  if (place !== ".." && !place.startsWith(`..${sep}`) && !isAbsolute(place)) return;
  throw new ColaError("PATH_NOT_ALLOWED", `${path} is outside COLAML_DATA_DIR`);
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
