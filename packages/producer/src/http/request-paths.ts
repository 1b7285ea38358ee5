import { realpath } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { entryOf, type SubmittableQueue } from "@colaml/shared/contracts/catalogue";
import { confinedInput, confinedOutput, futureOutput } from "@colaml/shared/files/confined-path";
import { makeFolder } from "@colaml/shared/files/durable-file";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";

/** What no request reaches though it may lie in the data folder: state and log of the processes. */
export const closedPlaces = ({ paths, logging }: Pick<ColaConfig, "paths" | "logging">): string[] =>
  [paths.stateDir, logging.file].filter((place) => place !== "");

/**
 * A payload with each of its paths made absolute, inside `root`. The folder of a file that is to be written need not be
 * there yet: see `makeOutputFolders`.
 *
 * @param closed files and folders that are refused though they may lie in `root`
 * @throws ColaError PATH_NOT_ALLOWED, INPUT_NOT_FOUND, OUTPUT_UNWRITABLE
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
      record[name] = use === "read" ? confinedInput(root, value, closed) : futureOutput(root, value, closed);
  }
  return confined;
}

/**
 * Makes the folders of the files that a confined payload names for writing: whoever sends a request has no other way to
 * make one. To be called when nothing else is wrong with the request.
 *
 * @throws ColaError PATH_NOT_ALLOWED, OUTPUT_UNWRITABLE
 */
export async function makeOutputFolders(
  queue: SubmittableQueue,
  payload: object,
  root: string,
  closed: readonly string[] = [],
): Promise<void> {
  for (const [name, use] of Object.entries(entryOf(queue).paths)) {
    const value = (payload as Record<string, unknown>)[name];
    if (use !== "write" || typeof value !== "string") continue;
    const path = relative(await realpath(root), value)
      .split(sep)
      .join("/");
    await makeFolder(dirname(futureOutput(root, path, closed)));
    // what was exchanged for a link meanwhile is noticed
    confinedOutput(root, path, closed);
  }
}
