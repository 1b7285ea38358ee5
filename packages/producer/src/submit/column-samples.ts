import { ColaError } from "@colaml/shared/errors/cola-error";
import { looksLikeHeader } from "@colaml/shared/tables/column-names";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { HEADER_BYTES, readHeader } from "@colaml/shared/tables/header";
import { openInput } from "@colaml/shared/tables/source";
import { type TableFile, tableOptions } from "@colaml/shared/tables/table-options";
import type { ColumnSample } from "./guess-columns";

/** Rows that are looked at. */
const SAMPLE_ROWS = 1_000;

/**
 * The columns of a file and their values in its first rows.
 *
 * @throws ColaError COLUMN_NOT_FOUND if the first line does not read as names: it may be somebody's row; what reading
 *   the file throws
 */
export async function columnSamples(file: TableFile): Promise<ColumnSample[]> {
  const names = await columnNames(file);
  for await (const { others } of readDataset(file, { others: names }, { batchRows: SAMPLE_ROWS }).batches())
    return names.map((name, i) => ({ name, values: others[i]! }));
  throw new ColaError("INPUT_EMPTY", `${file.path} has columns, but no row`);
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
