import { type Compression, compressionOf } from "@colaml/shared/data/compression";
import { formatOf } from "@colaml/shared/data/file-format";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { PredictJob } from "@colaml/shared/jobs/predict";
import type { ChunkPlan, FieldRef } from "@colaml/shared/jobs/predict-chunk";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
import { columnIndex, HEADER_BYTES, type Header, readHeader } from "../records/header";
import type { InputSource } from "./input-source";

/** A file job: the schema lets it through only with an input and an output. */
export type FileJob = PredictJob & Required<Pick<PredictJob, "input" | "output">>;

/** How the input is cut up and scored. */
export interface PlannedBatch {
  plan: ChunkPlan;
  dataStart: number;
  firstLine: number;
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
  const format = formatOf(job.input);
  const head = Buffer.from(await source.read(0, HEADER_BYTES));
  const header = readHeader(head, format, job.input.path);
  const field = fieldFinder(header, job.input.path);
  const output = formatOf({ path: job.output });
  const plan: ChunkPlan = {
    input: {
      format,
      newline: header.dialect.newline === 13 ? 13 : 10,
      fields: header.columns.length,
      text: field(job.columns.text ?? bundle.columns.text),
      ...idField(job, bundle, header, head, field),
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
  return { plan, dataStart: header.dataStart, firstLine: header.lines + 1 };
}

function fieldFinder({ columns, dialect }: Header, path: string): (name: string) => FieldRef {
  return (name) => ({ name, place: dialect.quotes ? columnIndex(columns, name, path) : -1 });
}

/** The id column asked for, or the one the model knows where the input has it; none: row numbers serve. */
function idField(
  job: FileJob,
  bundle: ModelBundle,
  header: Header,
  head: Buffer,
  field: (name: string) => FieldRef,
): { id?: FieldRef } {
  const name = job.columns.id ?? bundle.columns.id;
  if (job.columns.id !== undefined) return { id: field(name) };
  const there = header.dialect.quotes ? header.columns.includes(name) : firstRecordHas(head, header, name);
  return there ? { id: field(name) } : {};
}

function firstRecordHas(head: Buffer, { dataStart }: Header, name: string): boolean {
  const end = head.indexOf(10, dataStart);
  try {
    const record: unknown = JSON.parse(head.toString("utf8", dataStart, end < 0 ? head.length : end));
    return typeof record === "object" && record !== null && Object.hasOwn(record, name);
  } catch {
    return false;
  }
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
