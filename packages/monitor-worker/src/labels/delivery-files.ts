import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { checkVersion } from "@colaml/shared/files/documents";
import { inputError, systemCode } from "@colaml/shared/files/file-errors";

export interface LabelledId {
  id: string;
  label: string;
}

/** Bytes that a read asks for at most. */
const READ_BYTES = 65_536;

/** Digits of the number that a file's name begins with. */
const NUMBER_DIGITS = 9;

/** A name without a version is of version 1: a later one is `<number>-<digest>.v2.ndjson`. */
const FILE_NAME = /^\d{9}-[0-9a-f]{64}(?:\.v(?<v>\d+))?\.ndjson$/;

/**
 * Names of the files of deliveries in a folder, the oldest first; none if there is no folder.
 *
 * @throws ColaError STATE_NEWER if a newer release stored one, INPUT_UNREADABLE
 */
export async function deliveryFiles(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).sort();
    return names.filter((name) => {
      const found = FILE_NAME.exec(name);
      if (found) checkVersion("lateLabels", join(folder, name), { v: Number(found.groups?.["v"] ?? 1) });
      return found !== null;
    });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw inputError(folder, error);
  }
}

/**
 * The name of a delivery's file.
 *
 * @param number which delivery it is, from 1; or the path of a file whose number it gets
 * @param digest sha256 of its content, in hex
 */
export function nameOfDelivery(number: number | string, digest: string): string {
  const digits = typeof number === "number" ? String(number) : basename(number).slice(0, NUMBER_DIGITS);
  return `${digits.padStart(NUMBER_DIGITS, "0")}-${digest}.ndjson`;
}

/**
 * The lines of a delivery's file.
 *
 * @throws ColaError INPUT_UNREADABLE if it was damaged on the disk or cannot be read; the system's error if it is gone
 */
export async function* linesOf(path: string): AsyncGenerator<LabelledId, void, undefined> {
  let number = 0;
  let rest = "";
  for await (const text of textOf(path)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      number++;
      yield labelledIdOf(line) ?? refuseLine(path, number);
    }
  }
  if (rest !== "") yield labelledIdOf(rest) ?? refuseLine(path, number + 1);
}

/** A byte that is not UTF-8 was damaged: as U+FFFD it would make another id of this one. */
async function* textOf(path: string): AsyncGenerator<string, void, undefined> {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    // A delivery is seldom as large as a stream's buffer, and a check reads up to 64 of them.
    const highWaterMark = Math.min(READ_BYTES, (await stat(path)).size + 1);
    for await (const bytes of createReadStream(path, { highWaterMark }))
      yield utf8.decode(bytes as Buffer, { stream: true });
    yield utf8.decode();
  } catch (error) {
    // the caller lists the folder again
    if (systemCode(error) === "ENOENT") throw error;
    throw inputError(path, error);
  }
}

function labelledIdOf(line: string): LabelledId | undefined {
  try {
    const read: unknown = JSON.parse(line);
    // a text of two characters has two parts, too
    if (!Array.isArray(read)) return undefined;
    const [id, label, ...more] = read as unknown[];
    if (typeof id === "string" && typeof label === "string" && more.length === 0) return { id, label };
  } catch {
    // the message of JSON.parse would show what stands there
  }
  return undefined;
}

function refuseLine(path: string, number: number): never {
  const remedy = "move the file away and send its labels again with `cola labels`";
  throw new ColaError(
    "INPUT_UNREADABLE",
    `line ${number} of ${path} is damaged: a list of an id and a label is expected; ${remedy}`,
  );
}
