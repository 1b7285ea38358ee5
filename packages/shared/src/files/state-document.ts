import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../errors/cola-error";
import { FILE_MODE, makeFolder, moveNew, syncFolder, writeDurably } from "./durable-file";
import { inputError, outputError, systemCode } from "./file-errors";

/** What a document must look like: zod's schemas do. */
interface Schema<T> {
  parse(value: unknown): T;
}

/**
 * Writes a JSON document of the state folder so that it lasts: its folder is made, it is there complete or not at
 * all, and survives a power cut.
 *
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function writeDocument(path: string, value: unknown, mode = FILE_MODE): Promise<void> {
  await makeFolder(dirname(path));
  await writeDurably(path, [Buffer.from(`${JSON.stringify(value)}\n`)], mode);
  await syncFolder(dirname(path));
}

/**
 * A document, or undefined if there is none. One that is not what it should be is kept for a person under a new name,
 * `<path>.unreadable`, reported, and counts as none: one damaged file stops no worker for good.
 *
 * @param report gets one line
 * @throws ColaError INPUT_UNREADABLE if the disk or the permissions forbid reading it, OUTPUT_UNWRITABLE if they
 *   forbid moving it
 */
export async function readDocument<T>(
  path: string,
  schema: Schema<T>,
  report: (message: string) => void,
): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return undefined;
    throw inputError(path, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const aside = await moveAside(path);
    const why = messageOf(error).slice(0, 200);
    if (aside !== undefined) report(`${path} cannot be read and counts as absent: kept as ${aside} (${why})`);
    return undefined;
  }
}

/** @returns the new name; nothing if another process was faster */
async function moveAside(path: string): Promise<string | undefined> {
  try {
    for (let number = 1; ; number++) {
      const aside = `${path}.unreadable${number === 1 ? "" : `-${number}`}`;
      if (await moveNew(path, aside)) return aside;
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw outputError(path, error);
  }
}
