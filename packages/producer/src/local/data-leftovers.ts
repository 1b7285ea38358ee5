import type { Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { BATCH_FOLDER_ENTRIES, BATCH_FOLDER_NAME } from "@colaml/shared/outputs/batch-folder-names";

/** What mkdtemp adds to a name. */
const RANDOM_END = /^[A-Za-z0-9]{6}$/;
/** All that such a folder can hold: other files are somebody's own. */
const STREAM_ENTRIES = /^\.?(stdin|stdout|replayed)\.[a-z.]+(\.receipt\.json|\.rejected\.csv|\.colaml)?$/;

/** Folders in the data folder, by what left them. */
export interface DataLeftovers {
  /** Of batches, beside their outputs, at any depth. */
  batches: string[];
  /** Of commands that were killed. */
  streams: string[];
}

/** What batches and commands left in a data folder; links are not followed, and what somebody else put in is not ours. */
export async function leftInDataFolder(dataDir: string): Promise<DataLeftovers> {
  const found: DataLeftovers = { batches: [], streams: [] };
  if (dataDir === "") return found;
  const { streams, replays } = stateFolder(dataDir);
  const isStream = (path: string) =>
    [streams, replays].some((begin) => path.startsWith(begin) && RANDOM_END.test(path.slice(begin.length)));
  const folders = [dataDir];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await listing(folder)) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      if (BATCH_FOLDER_NAME.test(entry.name)) {
        if (await holdsOnly(path, BATCH_FOLDER_ENTRIES)) found.batches.push(path);
      } else if (isStream(path) && (await holdsOnly(path, STREAM_ENTRIES))) found.streams.push(path);
      else if (!entry.name.startsWith(".")) folders.push(path);
    }
  return { batches: found.batches.sort(), streams: found.streams.sort() };
}

/** By what a job names a batch: the output that it writes, and the job itself. */
export async function namesOfBatch(folder: string): Promise<string[]> {
  const [, output] = BATCH_FOLDER_NAME.exec(basename(folder))!;
  try {
    const { jobId } = JSON.parse(await readFile(join(folder, "owner.json"), "utf8")) as { jobId?: unknown };
    if (typeof jobId === "string" && jobId !== "") return [JSON.stringify(jobId), asInJson(output!)];
  } catch {
    // One that was being made has no owner yet, and a damaged one cannot be resumed.
  }
  return [asInJson(output!)];
}

/** A name as it ends a path in JSON. */
const asInJson = (name: string) => `/${JSON.stringify(name).slice(1)}`;

async function holdsOnly(folder: string, entries: RegExp): Promise<boolean> {
  return (await listing(folder)).every(({ name }) => entries.test(name));
}

/** What may not be read holds nothing that could be removed. */
const listing = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(() => []);
