import { readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../errors/cola-error";
import { FILE_MODE, makeFolder, writeDurably } from "./durable-file";
import { inputError, systemCode } from "./file-errors";

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
}

/**
 * A document, or undefined if there is none. One that is not what it should be is kept for a person under
 * `<path>.unreadable`, reported, and counts as none: one damaged file stops no worker for good.
 *
 * @param report gets one line
 * @throws ColaError INPUT_UNREADABLE if the disk or the permissions forbid reading it
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
    if (systemCode(error) === "ENOENT") return undefined;
    throw inputError(path, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const aside = `${path}.unreadable`;
    await rename(path, aside);
    const why = messageOf(error).slice(0, 200);
    report(`${path} cannot be read and counts as absent: kept as ${aside} (${why})`);
    return undefined;
  }
}
