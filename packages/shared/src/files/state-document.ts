import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { prettifyError, ZodError, z } from "zod";
import { ColaError, messageOf } from "../errors/cola-error";
import { checkVersion, type DocumentKind, withVersion } from "./documents";
import { FILE_MODE, makeFolder, moveNew, syncFolder, writeDurably } from "./durable-file";
import { inputError, outputError, systemCode } from "./file-errors";

/** What a document must look like, its version `v` included: zod's schemas do. */
interface Schema<T> {
  parse(value: unknown): T;
}

/** A time in a document, such as ISO 8601: a text that stands for a time. */
export const timeText = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "not a time");

/** The bytes of a document: its version, then what it holds. */
export const documentBytes = (kind: DocumentKind, content: object): Buffer =>
  Buffer.from(`${JSON.stringify(withVersion(kind, content))}\n`);

/** A damaged byte is a fault of the document: it must not pass for the character U+FFFD. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * What a document holds.
 *
 * @param path for the message
 * @throws ColaError STATE_NEWER if a newer release wrote it; the error of the decoder, of JSON.parse or of the schema
 */
export function parseDocument<T>(kind: DocumentKind, path: string, bytes: Uint8Array, schema: Schema<T>): T {
  return schema.parse(checkVersion(kind, path, JSON.parse(utf8.decode(bytes))));
}

/**
 * Writes a JSON document of the state folder so that it lasts: its folder is made, it is there complete or not at
 * all, and survives a power cut.
 *
 * @throws ColaError OUTPUT_UNWRITABLE
 */
export async function writeDocument(
  kind: DocumentKind,
  path: string,
  content: object,
  mode = FILE_MODE,
): Promise<void> {
  await makeFolder(dirname(path));
  await writeDurably(path, [documentBytes(kind, content)], mode);
  await syncFolder(dirname(path));
}

/**
 * A document, or undefined if there is none. One that is not what it should be is kept for a person under a new name,
 * `<path>.unreadable`, reported, and counts as none: one damaged file stops no worker for good. One of a newer release
 * stays as it is.
 *
 * @param report gets one line
 * @throws ColaError STATE_NEWER, INPUT_UNREADABLE if the disk or the permissions forbid reading it, OUTPUT_UNWRITABLE if
 *   they forbid moving it
 */
export async function readDocument<T>(
  kind: DocumentKind,
  path: string,
  schema: Schema<T>,
  report: (message: string) => void,
): Promise<T | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return undefined;
    throw inputError(path, error);
  }
  try {
    return parseDocument(kind, path, bytes, schema);
  } catch (error) {
    if (isNewer(error)) throw error;
    const aside = await moveAside(path);
    if (aside !== undefined)
      report(`${path} cannot be read and counts as absent: kept as ${aside} (${reasonOf(error)})`);
    return undefined;
  }
}

const SHOWN = 200;

/** Why a document cannot be read, on one line; zod's messages have many. */
export function reasonOf(error: unknown): string {
  const line = error instanceof ZodError ? prettifyError(error) : messageOf(error);
  return line.replaceAll(/\s+/g, " ").slice(0, SHOWN);
}

/** Whether a document was refused because a newer release wrote it. */
export const isNewer = (error: unknown): error is ColaError =>
  error instanceof ColaError && error.code === "STATE_NEWER";

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
