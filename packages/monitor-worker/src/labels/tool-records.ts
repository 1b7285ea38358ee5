import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { inputError } from "@colaml/shared/files/file-errors";
import { readBytes } from "@colaml/shared/tables/compression";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { formatByName } from "@colaml/shared/tables/file-format";
import { HEADER_BYTES, readHeader } from "@colaml/shared/tables/header";
import { openInput } from "@colaml/shared/tables/source";
import { tableOptions } from "@colaml/shared/tables/table-options";

/** One record of an export: a task, a record, or a line by its columns. */
export type ToolRecord = Record<string, unknown>;

/** An export is held whole: people label thousands of rows, not millions. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * All records of an export: a JSON list, an object per line, or a table, whichever it is.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE, INPUT_EMPTY
 */
export async function toolRecords(input: Dataset): Promise<ToolRecord[]> {
  const format = input.format ?? formatByName(input.path);
  if (format === "csv" || format === "tsv") return await tableRecords(input);
  const text = (await wholeFile(input.path)).toString("utf8").replace(/^\ufeff/, "");
  const records = jsonRecords(text, input.path);
  if (records.length === 0) throw new ColaError("INPUT_EMPTY", `${input.path} holds no records`);
  return records;
}

async function wholeFile(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of readBytes(path)) {
      bytes += piece.length;
      if (bytes > MAX_BYTES)
        throw new ColaError(
          "INPUT_TOO_LARGE",
          `${path} is longer than ${MAX_BYTES} bytes: export fewer records`,
        );
      // the reader may use its buffer again
      pieces.push(Buffer.from(piece));
    }
  } catch (error) {
    throw error instanceof ColaError ? error : inputError(path, error);
  }
  return Buffer.concat(pieces);
}

function jsonRecords(text: string, path: string): ToolRecord[] {
  const lines = text.trimStart().startsWith("[")
    ? [text]
    : text.split("\n").filter((line) => line.trim() !== "");
  return lines.flatMap((line, i) => {
    try {
      const value: unknown = JSON.parse(line);
      const records = Array.isArray(value) ? value : [value];
      if (records.every(isRecord)) return records;
    } catch {
      // said below, with the line
    }
    const place = lines.length > 1 ? `, line ${i + 1}` : "";
    throw new ColaError(
      "INPUT_UNREADABLE",
      `${path}${place} is not JSON objects: export it as JSON, JSONL or CSV`,
    );
  });
}

async function tableRecords(input: Dataset): Promise<ToolRecord[]> {
  const table = tableOptions(input);
  const source = await openInput(table);
  let columns: string[];
  try {
    columns = readHeader(Buffer.from(await source.read(0, HEADER_BYTES)), table).columns;
  } finally {
    await source.close();
  }
  const others = columns.filter((name, i) => name !== "" && columns.indexOf(name) === i);
  const records: ToolRecord[] = [];
  for await (const batch of readDataset(input, { others }).batches()) {
    for (let row = 0; row < batch.lines.length; row++)
      records.push(Object.fromEntries(others.map((name, i) => [name, batch.others[i]![row]!])));
  }
  return records;
}

/** Whether a value is an object with names. */
export function isRecord(value: unknown): value is ToolRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
