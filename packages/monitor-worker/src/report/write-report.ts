import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkJobPath } from "@colaml/shared/data/job-path";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";

/**
 * Writes reports: where the job wants it, within the data folder if one is set, else into `<state>/reports`.
 *
 * @returns writes one; it throws OUTPUT_UNWRITABLE and PATH_NOT_ALLOWED
 */
export function createReportWriter(paths: { stateDir: string; dataDir: string }) {
  return async (wanted: string | undefined, name: string, html: string): Promise<string> => {
    const confined = wanted === undefined ? undefined : await checkJobPath(paths.dataDir, wanted);
    const path = confined ?? join(paths.stateDir, "reports", name);
    try {
      if (confined === undefined) await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.part`, html, { mode: 0o640 });
      await rename(`${path}.part`, path);
    } catch (cause) {
      throw new ColaError("OUTPUT_UNWRITABLE", `report ${path}: ${messageOf(cause)}`, { cause });
    }
    return path;
  };
}
