import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { isInside } from "@colaml/shared/data/confined-path";
import { inputError } from "@colaml/shared/data/input-file";
import { ColaError } from "@colaml/shared/errors/cola-error";

/**
 * Refuses paths of jobs that lead out of the configured data folder, symbolic links followed.
 *
 * @param dataDir empty: every path is allowed (local use)
 * @throws ColaError PATH_NOT_ALLOWED, INPUT_NOT_FOUND
 */
export async function confinePath(dataDir: string, path: string): Promise<void> {
  if (dataDir === "") return;
  const root = await realpath(resolve(dataDir));
  const real = await realpath(resolve(path)).catch((error: unknown) => {
    if (!isInside(root, resolve(path))) return undefined;
    throw inputError(path, error);
  });
  if (real === undefined || !isInside(root, real))
    throw new ColaError("PATH_NOT_ALLOWED", `${path} is not in the data folder (COLAML_DATA_DIR)`);
}
