import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { syncFolder, writeDurably, writeTemporary } from "@colaml/shared/files/durable-file";
import { systemCode } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { type Erase, erasing, SHORTEST_FOUND } from "./erase-ids";
import { mentionsIn } from "./mentions-in";

/** What holds ids in a kind of files of the state folder, or did. */
interface FoundIds {
  /** Files with at least one of the ids. */
  files: number;
  /** Lines of labels; mentions elsewhere. */
  places: number;
}

export interface ForgottenIds {
  labels: FoundIds;
  reports: FoundIds;
  /** Incidents, and alerts on their way to the webhook or behind it. */
  alerts: FoundIds;
  /** What waits for MLflow or was refused by it, and results of what it has; models, which have digests, stay. */
  publications: FoundIds;
  /** Files of the demo, which are removed as a whole: the text stands beside the id. */
  demo: FoundIds;
  /** Ids that were looked for among the labels only. */
  shortIds: number;
}

/** A publication's own files; the model's have digests. */
const PUBLICATION =
  /\/(results\/[^/]+\.json|(publication|refusal)\.json|artifacts\/.+\.(json|html?|csv|txt))$/;

/**
 * Erases ids from labels, reports, alerts, publications and demo of a state folder; a file is replaced as a whole or stays
 * as it is.
 *
 * @param erase false: only counts
 * @throws ColaError OUTPUT_UNWRITABLE, INPUT_UNREADABLE for labels with a damaged line
 */
export async function forgetIds(
  stateDir: string,
  ids: ReadonlySet<string>,
  erase: boolean,
): Promise<ForgottenIds> {
  const state = stateFolder(stateDir);
  const erasedIn = erasing(ids);
  const alertFolders = [state.incidents, state.outbox, state.delivered, state.undelivered];
  const inTexts = (folders: readonly string[], form: RegExp) =>
    forgetMentions(folders, form, erasedIn, erase);
  return {
    labels: await forgetLabels(state.labels, ids, erase),
    reports: await inTexts([state.reports], /\.html?$/),
    alerts: await inTexts(alertFolders, /\.json/),
    publications: await inTexts([state.spool, state.spoolChecks], PUBLICATION),
    demo: await forgetFiles(state.demo, erasedIn, erase),
    shortIds: [...ids].filter((id) => id.length < SHORTEST_FOUND).length,
  };
}

async function forgetMentions(
  folders: readonly string[],
  form: RegExp,
  erasedIn: Erase,
  erase: boolean,
): Promise<FoundIds> {
  const found = { files: 0, places: 0 };
  for (const path of (await Promise.all(folders.map((folder) => filesBelow(folder)))).flat()) {
    if (!form.test(path)) continue;
    const { places, without } = erasedIn(await readFile(path, "utf8"));
    if (places === 0) continue;
    found.files++;
    found.places += places;
    if (erase) await writeDurably(path, [Buffer.from(without)]);
  }
  return found;
}

async function forgetFiles(folder: string, erasedIn: Erase, erase: boolean): Promise<FoundIds> {
  const found = { files: 0, places: 0 };
  for (const path of await filesBelow(folder)) {
    const places = await mentionsIn(path, erasedIn);
    if (places === 0) continue;
    found.files++;
    found.places += places;
    if (erase) await rm(path, { force: true });
  }
  return found;
}

async function forgetLabels(folder: string, ids: ReadonlySet<string>, erase: boolean): Promise<FoundIds> {
  const found = { files: 0, places: 0 };
  const seen = new Set<string>();
  // A monitor may have merged files into another one meanwhile: the folder is listed until nothing in it is new.
  const unseen = async () =>
    (await filesBelow(folder)).find((path) => path.endsWith(".ndjson") && !seen.has(path));
  for (let path = await unseen(); path !== undefined; path = await unseen()) {
    seen.add(path);
    const isForgotten = (line: string) => ids.has(idOf(line, path));
    let places = 0;
    for await (const line of linesOf(path)) if (isForgotten(line)) places++;
    if (places === 0) continue;
    found.files++;
    found.places += places;
    if (erase) await withoutLines(path, isForgotten);
  }
  return found;
}

/** Of a line `[id, label]`. Of another one nobody can say whether it holds an id that is to go. */
function idOf(line: string, path: string): string {
  const entry = entryOf(line);
  if (Array.isArray(entry) && typeof entry[0] === "string") return entry[0];
  throw new ColaError(
    "INPUT_UNREADABLE",
    `${path} holds a line that is not \`[id, label]\`: mend or remove it`,
  );
}

function entryOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Its message would show what stands there.
    return undefined;
  }
}

/** The file keeps its name: the order of deliveries decides which label of an id holds. */
async function withoutLines(path: string, isLeftOut: (line: string) => boolean): Promise<void> {
  const temporary = await writeTemporary(dirname(path), async (file) => {
    for await (const line of linesOf(path)) if (!isLeftOut(line)) await file.writeFile(`${line}\n`);
  });
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

const linesOf = (path: string) =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });

/** Files at any depth, links not followed; none if there is no such folder. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    const files: string[] = [];
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      const path = join(folder, name);
      if ((await lstat(path)).isFile()) files.push(path);
    }
    return files;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
