import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { syncFolder, writeDurably, writeTemporary } from "@colaml/shared/files/durable-file";
import { systemCode } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";

/** Stands in reports and alerts where an id stood. */
const FORGOTTEN = "[forgotten]";
/** A shorter id cannot be told from a number of a report or an alert: there it is not looked for. */
export const SHORTEST_FOUND = 6;

/** What holds ids in a kind of files of the state folder, or did. */
interface FoundIds {
  /** Files with at least one of the ids. */
  files: number;
  /** Lines of labels; mentions in reports and alerts. */
  places: number;
}

export interface ForgottenIds {
  labels: FoundIds;
  reports: FoundIds;
  /** Incidents, and alerts on their way to the webhook or behind it. */
  alerts: FoundIds;
  /** Ids that were looked for among the labels only. */
  shortIds: number;
}

/**
 * Erases ids from labels, reports and alerts of a state folder; a file is replaced as a whole or stays as it is.
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
    shortIds: [...ids].filter((id) => id.length < SHORTEST_FOUND).length,
  };
}

/** What counts whole ids in a text, and gives the text without them. */
type Erase = (text: string) => { places: number; without: string };

/** An id stands between characters that are neither letters nor digits, as it is or as HTML and JSON write it. */
function erasing(ids: ReadonlySet<string>): Erase {
  const long = [...ids].filter((id) => id.length >= SHORTEST_FOUND);
  // Ids of letters and digits only are looked up, run by run: there may be millions of them.
  const plain = new Set(long.filter((id) => /^[\p{L}\p{N}]+$/u.test(id)));
  const forms = long
    .filter((id) => !plain.has(id))
    .flatMap((id) => [id, JSON.stringify(id).slice(1, -1), escapedHtml(id)]);
  const choice = [...new Set(forms)]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
    .join("|");
  const others =
    choice === "" ? undefined : new RegExp(`(?<![\\p{L}\\p{N}])(?:${choice})(?![\\p{L}\\p{N}])`, "gu");
  return (text) => {
    let places = 0;
    const erased = () => {
      places++;
      return FORGOTTEN;
    };
    const rest = others === undefined ? text : text.replace(others, erased);
    const without = rest.replace(/[\p{L}\p{N}]+/gu, (run) => (plain.has(run) ? erased() : run));
    return { places, without };
  };
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapedHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => HTML_ESCAPES[sign]!);

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

async function forgetLabels(folder: string, ids: ReadonlySet<string>, erase: boolean): Promise<FoundIds> {
  const found = { files: 0, places: 0 };
  for (const path of await filesBelow(folder)) {
    if (!path.endsWith(".ndjson")) continue;
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

/** Of a line `[id, label]`; a message of JSON.parse would show what stands there. */
function idOf(line: string, path: string): string {
  try {
    return (JSON.parse(line) as [string, string])[0];
  } catch {
    throw new ColaError(
      "INPUT_UNREADABLE",
      `${path} holds a line that is not \`[id, label]\`: mend or remove it`,
    );
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
