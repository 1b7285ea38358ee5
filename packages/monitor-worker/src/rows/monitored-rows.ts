import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { TextColumns } from "@colaml/shared/settings/text-columns";
import { type Batch, type DatasetReader, readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";

/** Some rows with what the model says of them. */
export interface MonitoredRows {
  count: number;
  /** Absent if the file has no ids: such rows cannot meet late labels. */
  ids?: readonly string[];
  /** Absent if the file has no texts. */
  texts?: readonly string[];
  /** As written; blank if a row has none. Absent if the file has no labels. */
  labels?: readonly string[];
  /** Class index a row. */
  predicted: ArrayLike<number>;
  /** count x nClasses. */
  probabilities: Float64Array;
  /** 1 for each row that the model's decision rule abstained on; absent if nothing was decided. */
  abstained?: ArrayLike<number>;
}

/** Where the rows of one check come from. */
export interface RowSource {
  /** One pass; each gives the same rows. @throws ColaError INPUT_CHANGED if the file changed between two */
  batches(): AsyncGenerator<MonitoredRows, void, undefined>;
  /** Of the latest pass. */
  rejected(): { count: number; reasons: string[] };
  /** Why no row brings a label of its own; absent if some may. */
  labelsAbsent?: string;
}

/** An open file: the columns it turned out to have, and its batches from the first on, in any number of passes. */
export interface OpenRows {
  reader: DatasetReader;
  /** Of those asked for. */
  columns: ReadonlySet<string>;
  batches(): AsyncIterable<Batch>;
  /** Position of a column among a batch's `others`. */
  indexOf(column: string): number;
}

/**
 * Opens a file that must have some columns and may have others: what it lacks of the latter is left out.
 *
 * @throws ColaError COLUMN_NOT_FOUND for a required one, INPUT_NOT_FOUND, INPUT_EMPTY, ...
 */
export async function openRows(
  dataset: Dataset,
  text: TextColumns | undefined,
  required: readonly string[],
  optional: readonly string[],
): Promise<OpenRows> {
  const others = [...required, ...optional];
  const reader = readDataset(
    dataset,
    { ...(text === undefined ? {} : { text }), others },
    { batchRows: 2_000 },
  );
  const opened = reader.batches();
  try {
    const first = await opened.next();
    let begun: AsyncGenerator<Batch, void> | undefined = resumed(first, opened);
    const batches = () => {
      const pass = begun ?? reader.batches();
      begun = undefined;
      return pass;
    };
    return { reader, columns: new Set(others), batches, indexOf: (column) => others.indexOf(column) };
  } catch (error) {
    const missing =
      error instanceof ColaError && error.code === "COLUMN_NOT_FOUND" && error.details["column"];
    if (!missing || !optional.includes(missing as string)) throw error;
    return await openRows(
      dataset,
      text,
      required,
      optional.filter((column) => column !== missing),
    );
  }
}

async function* resumed<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void>,
): AsyncGenerator<T, void, undefined> {
  try {
    if (first.done) return;
    yield first.value;
    yield* rest;
  } finally {
    // Whoever stops after the first batch closes the file, too.
    await rest.return();
  }
}

/** Why rows were left out, a line per reason, and what was recognised of the file. */
export function rejectedOf(reader: DatasetReader): { count: number; reasons: string[] } {
  return { count: reader.rejected.count, reasons: readNotes(reader) };
}
