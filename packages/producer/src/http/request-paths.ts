import { entryOf, type SubmittableQueue } from "@colaml/shared/contracts/catalogue";
import { confinedInput, confinedOutput } from "@colaml/shared/files/confined-path";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";

/** What no request reaches though it may lie in the data folder: state and log of the processes. */
export const closedPlaces = ({ paths, logging }: Pick<ColaConfig, "paths" | "logging">): string[] =>
  [paths.stateDir, logging.file].filter((place) => place !== "");

/**
 * A payload with each of its paths made absolute, inside `root`.
 *
 * @param closed files and folders that are refused though they may lie in `root` @throws ColaError PATH_NOT_ALLOWED, INPUT_NOT_FOUND, OUTPUT_UNWRITABLE
 */
export function confinePaths<T extends object>(
  queue: SubmittableQueue,
  payload: T,
  root: string,
  closed: readonly string[] = [],
): T {
  const confined = structuredClone(payload);
  for (const [key, use] of Object.entries(entryOf(queue).paths)) {
    const holder = key.includes(".") ? (confined as Record<string, unknown>)[key.split(".")[0]!] : confined;
    const name = key.split(".").at(-1)!;
    if (typeof holder !== "object" || holder === null) continue;
    const record = holder as Record<string, unknown>;
    if (typeof record[name] !== "string") continue;
    const value = record[name];
    if (use === "read-file")
      record[name] = withStopWordsPath(value, (path) => confinedInput(root, path, closed));
    else
      record[name] =
        use === "read" ? confinedInput(root, value, closed) : confinedOutput(root, value, closed);
  }
  return confined;
}
