import { ColaError } from "@colaml/shared/errors/cola-error";
import { looksLikeHeader } from "@colaml/shared/tables/column-names";
import { readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";
import { HEADER_BYTES, readHeader } from "@colaml/shared/tables/header";
import { openInput } from "@colaml/shared/tables/source";
import { type TableFile, tableOptions } from "@colaml/shared/tables/table-options";
import type { ColumnSample } from "./guess-columns";
import { SpreadRows } from "./spread-rows";

/** Rows that are read at most: about a second. */
const MOST_ROWS = 200_000;

/** What a look at a file finds. */
export interface FileSample {
  columns: ColumnSample[];
  /** How it was read, as a guessed encoding, and what was left out; a line each. */
  notes: string[];
}

/**
 * The columns of a file and their values in rows from its start to its end (of its first 200,000 rows).
 *
 * @throws ColaError COLUMN_NOT_FOUND if the first line does not read as names: it may be somebody's row; INPUT_EMPTY if
 *   no row can be read, with the reasons; what reading the file throws
 */
export async function sampleColumns(file: TableFile): Promise<FileSample> {
  const names = await columnNames(file);
  const reader = readDataset(file, { others: names });
  const kept = new SpreadRows<string[]>();
  let read = 0;
  for await (const { lines, others } of reader.batches()) {
    for (const row of lines.keys()) kept.add(others.map((values) => values[row]!));
    read += lines.length;
    if (read >= MOST_ROWS) break;
  }
  const { rows } = kept;
  const notes = readNotes(reader);
  if (rows.length === 0)
    throw new ColaError("INPUT_EMPTY", `${file.path} has no row that can be read: ${notes.join("; ")}`);
  const columns = names.map((name, i) => ({ name, values: rows.map((row) => row[i]!) }));
  return { columns, notes };
}

async function columnNames(file: TableFile): Promise<string[]> {
  const table = tableOptions(file);
  const source = await openInput(table);
  try {
    const head = Buffer.from(await source.read(0, HEADER_BYTES));
    const { columns } = readHeader(head, table);
    const found = table.format === "ndjson" ? firstKeys(head) : columns;
    if (found.length === 0 || (table.columnNames === undefined && !looksLikeHeader(found)))
      throw new ColaError(
        "COLUMN_NOT_FOUND",
        `the first line of ${file.path} does not read as column names: name them in order with --columns a,b,c, or give --delimiter`,
      );
    return found.filter((name, i) => name !== "" && found.indexOf(name) === i);
  } finally {
    await source.close();
  }
}

/** Names in the first object of NDJSON that is one. */
function firstKeys(head: Buffer): string[] {
  for (const line of head.toString("utf8").split("\n")) {
    try {
      const record: unknown = JSON.parse(line);
      if (record !== null && typeof record === "object" && !Array.isArray(record)) return Object.keys(record);
    } catch {
      // The reader reports such lines; another one has the names.
    }
  }
  return [];
}
