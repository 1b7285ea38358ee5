import type { ChunkPlan, FieldRef } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { textColumnList } from "@colaml/shared/settings/text-columns";
import { columnIndex, columnNotFound } from "@colaml/shared/tables/column-names";
import { type Compression, compressionOf } from "@colaml/shared/tables/compression";
import { CR, LF } from "@colaml/shared/tables/dialect";
import { checkUtf8Share } from "@colaml/shared/tables/encoding";
import { formatOf } from "@colaml/shared/tables/file-format";
import { HEADER_BYTES, type Header, readHeader } from "@colaml/shared/tables/header";
import type { InputSource } from "@colaml/shared/tables/source";
import { tableOptions } from "@colaml/shared/tables/table-options";
import type { FileJob } from "../batch";
import { countInvalidRows } from "./check-encoding";
import { readFirstKeys } from "./first-keys";

/** How the input is cut up and scored. */
export interface PlannedBatch {
  plan: ChunkPlan;
  dataStart: number;
  firstLine: number;
  /** What was recognised about how the file is written; a line for a person. */
  note?: string;
}

/**
 * Looks at the input's beginning and decides how each chunk is read and written.
 *
 * @throws ColaError INPUT_EMPTY, INPUT_UNREADABLE, COLUMN_NOT_FOUND
 */
export async function planBatch(
  job: FileJob,
  source: InputSource,
  bundle: ModelBundle,
  model: ChunkPlan["model"],
): Promise<PlannedBatch> {
  const table = tableOptions(job.input);
  const head = Buffer.from(await source.read(0, HEADER_BYTES));
  const texts = textColumnList(job.columns.text ?? bundle.columns.text);
  const header = readHeader(head, { ...table, wanted: [...texts, ...job.passThrough] });
  const field = fieldFinder(header, job.input.path);
  const wanted = [...texts, ...job.passThrough, job.columns.id].filter((column) => column !== undefined);
  const columns = columnsOf(head, header, job.input.path, wanted);
  const output = formatOf({ path: job.output });
  const plan: ChunkPlan = {
    input: {
      format: table.format,
      newline: header.dialect.newline === CR ? CR : LF,
      ...(table.format !== "ndjson" && { delimiter: header.dialect.delimiter, quote: header.dialect.quote }),
      quoteEscape: table.quoteEscape,
      missingValues: table.missingValues,
      fields: header.columns.length,
      ...textFields(texts.map(field)),
      ...idField(job, bundle, columns, field),
    },
    output: {
      format: output,
      compression: checkedCompression(job.output),
      passThrough: job.passThrough.map(field),
      explain: job.explain,
      spreadsheetSafe: job.spreadsheetSafe,
    },
    model,
  };
  const { dataStart, lines, note } = header;
  const { rows, invalid, sample } = countInvalidRows(head.subarray(dataStart), plan);
  checkUtf8Share(job.input.path, { rows, invalid }, sample);
  return { plan, dataStart, firstLine: lines + 1, ...(note !== undefined && { note }) };
}

function fieldFinder({ columns, dialect }: Header, path: string): (name: string) => FieldRef {
  return (name) => ({ name, place: dialect.delimiter >= 0 ? columnIndex(columns, name, path) : -1 });
}

function textFields([text, ...moreTexts]: FieldRef[]): Pick<ChunkPlan["input"], "text" | "moreTexts"> {
  return { text: text!, ...(moreTexts.length > 0 && { moreTexts }) };
}

/** The id column asked for, or the one the model knows if the input has it; none: row numbers serve. */
function idField(
  job: FileJob,
  bundle: ModelBundle,
  columns: { has(name: string): boolean },
  field: (name: string) => FieldRef,
): { id?: FieldRef } {
  if (job.columns.id !== undefined) return { id: field(job.columns.id) };
  return columns.has(bundle.columns.id) ? { id: field(bundle.columns.id) } : {};
}

/** The columns of the input: names of the header, or keys of the first objects, which must hold the wanted ones. */
function columnsOf(
  head: Buffer,
  header: Header,
  path: string,
  wanted: readonly string[],
): ReadonlySet<string> {
  if (header.dialect.delimiter >= 0) return new Set(header.columns);
  const { keys, decisive } = readFirstKeys(head, header);
  const missing = wanted.find((column) => !keys.has(column));
  if (decisive && missing !== undefined) throw columnNotFound(path, missing, [...keys]);
  return keys;
}

function checkedCompression(path: string): Compression {
  const compression = compressionOf(path);
  if (compression === "zstd" && Number(process.versions.node.split(".")[0]) < 22) {
    throw new ColaError(
      "OUTPUT_UNWRITABLE",
      `${path}: this Node (${process.version}) writes no zstd: use .gz`,
    );
  }
  return compression;
}
