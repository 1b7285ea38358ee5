import { ColaError } from "@colaml/shared/errors/cola-error";
import type { TextColumns } from "@colaml/shared/settings/text-columns";
import { readDataset, readNotes } from "@colaml/shared/tables/dataset-reader";
import { HEADER_BYTES, readHeader } from "@colaml/shared/tables/header";
import { JsonRecord } from "@colaml/shared/tables/json-record";
import { openInput } from "@colaml/shared/tables/source";
import { type TableFile, tableOptions } from "@colaml/shared/tables/table-options";

const PROBABILITY = "probability_";

/** A row of a file that `cola predict` wrote. */
export interface ScoredRow {
  id: string;
  text: string;
  /** The label that the model gave. */
  predicted: string;
  /** Its probability. */
  confidence: number;
  /** How far the second best probability lies below the best: 0 is a tie, 1 is certain. */
  margin: number;
}

/** What a pass over a scored file met beside its rows. */
export interface ScoredPass {
  /** Rows whose probabilities cannot be read. */
  unreadable: number;
  notes: string[];
}

/**
 * The rows of a scored file, in one pass and constant memory.
 *
 * @param text the columns with the text, which `cola predict` passed through
 * @throws ColaError COLUMN_NOT_FOUND for a file without texts, or that was not predicted; INPUT_NOT_FOUND, INPUT_EMPTY, ...
 */
export async function* scoredRows(
  file: TableFile,
  text: TextColumns,
  pass: ScoredPass,
): AsyncGenerator<ScoredRow, void, undefined> {
  const probabilities = (await columnsOf(file)).filter((name) => name.startsWith(PROBABILITY));
  if (probabilities.length < 2) {
    throw new ColaError(
      "COLUMN_NOT_FOUND",
      `${file.path} has no columns ${PROBABILITY}<class>: give a file that cola predict wrote`,
      { details: { column: PROBABILITY } },
    );
  }
  const reader = readDataset(file, { text, others: ["id", "label", ...probabilities] });
  try {
    for await (const { texts, others } of reader.batches()) {
      const [ids, labels, ...columns] = others as [string[], string[], ...string[][]];
      for (const [row, rowText] of texts.entries()) {
        const best = twoBest(columns.map((column) => numberOf(column[row]!)));
        if (best === undefined) {
          pass.unreadable++;
          continue;
        }
        const [first, second] = best;
        const margin = first - second;
        yield { id: ids[row]!, text: rowText, predicted: labels[row]!, confidence: first, margin };
      }
    }
  } catch (error) {
    throw withHint(error);
  }
  pass.notes.push(...readNotes(reader));
}

/** Names of the columns, or keys of the first object. */
async function columnsOf(file: TableFile): Promise<string[]> {
  const table = tableOptions(file);
  const source = await openInput(table);
  try {
    const head = Buffer.from(await source.read(0, HEADER_BYTES));
    const header = readHeader(head, { ...table, wanted: ["id", "label"] });
    if (table.format !== "ndjson") return header.columns;
    const line = head.toString("utf8", header.dataStart).split("\n", 1)[0]!;
    return [...(JsonRecord.parse(line)?.keys() ?? [])];
  } finally {
    await source.close();
  }
}

const numberOf = (cell: string) => (cell === "" ? Number.NaN : Number(cell));

/** The two highest, or undefined if one of the values is not a probability. */
function twoBest(values: readonly number[]): [number, number] | undefined {
  let [first, second] = [-1, -1];
  for (const value of values) {
    if (!(value >= 0 && value <= 1)) return undefined;
    if (value > first) [first, second] = [value, first];
    else if (value > second) second = value;
  }
  return [first, second];
}

function withHint(error: unknown): unknown {
  if (!(error instanceof ColaError) || error.code !== "COLUMN_NOT_FOUND") return error;
  const hint = "a review needs the texts: predict with --pass-through and the text column";
  return new ColaError("COLUMN_NOT_FOUND", `${error.message}; ${hint}`, {
    cause: error,
    details: error.details,
  });
}
