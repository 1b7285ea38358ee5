import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import type { ChunkScorer } from "@colaml/predictor-worker/scoring/chunk-scorer";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import type { Header } from "@colaml/shared/tables/header";
import { type ByteSource, countLines, countRecords, nextRange } from "@colaml/shared/tables/ranges";
import type { TableFile } from "@colaml/shared/tables/table-options";
import {
  exampleBundle,
  examplePlan,
  withForest,
} from "../../packages/predictor-worker/test/scoring/example-model";
import { NAMES } from "./table-cases";

/** What a way of reading gives of a table. */
export interface ReadTable {
  rows: { line: number; cells: string[] }[];
  rejected: { line: number; reason: string }[];
  /** Code of the refusal. */
  refused?: string;
}

const folder = mkdtempSync(join(tmpdir(), "colaml-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WRITTEN = {
  plain: { name: "table", bytes: (content: Buffer) => content },
  gzip: { name: "table.gz", bytes: (content: Buffer) => gzipSync(content, { level: 1 }) },
  utf16: { name: "table-16", bytes: (content: Buffer) => Buffer.from(content.toString("utf8"), "utf16le") },
};

/** The rows as training and monitoring read them, `rangeBytes` at a time. Without `text` every row is taken. */
export async function readByTraining(
  content: Buffer,
  {
    written = "plain",
    rangeBytes,
    maxRecordBytes,
    text,
    ...table
  }: Omit<TableFile, "path"> & {
    written?: keyof typeof WRITTEN;
    rangeBytes: number;
    maxRecordBytes: number;
    text?: string;
  },
): Promise<ReadTable> {
  const path = join(folder, WRITTEN[written].name);
  writeFileSync(path, WRITTEN[written].bytes(content));
  const read: ReadTable = { rows: [], rejected: [] };
  const encoding = written === "utf16" ? { encoding: "utf-16le" } : {};
  const reader = readDataset(
    { path, ...table, ...encoding },
    { others: NAMES, ...(text !== undefined && { text }) },
    {
      rangeBytes,
      ...(maxRecordBytes > 0 && { maxRecordBytes }),
      onRejected: (row) => read.rejected.push(row),
    },
  );
  try {
    for await (const { lines, others } of reader.batches()) {
      read.rows.push(...lines.map((line, row) => ({ line, cells: others.map((column) => column[row]!) })));
    }
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    read.refused = error.code;
  }
  return read;
}

/** What a table's scoring gives. */
export interface ScoredTable {
  output: string;
  rejected: ReadTable["rejected"];
  rows: number;
  invalidUtf8: number;
}

const bundle = withForest(exampleBundle(["a", "b", "c", "é", "日"].sort()), ["a b", "c é", "日 a"], {
  trees: 3,
  depth: 3,
});
const classifier = createClassifier(bundle);
const scorers = new Map<string, ChunkScorer>();

/** Scores the records behind a header as a worker does, by the kernel or by strings, `cut` bytes at a time. */
export async function scored(
  content: Buffer,
  header: Header,
  cut: number,
  way: "kernel" | "strings",
): Promise<ScoredTable | undefined> {
  const scorer = scorerOf(header, way);
  if (scorer === undefined) return undefined;
  const all: ScoredTable = { output: "", rejected: [], rows: 0, invalidUtf8: 0 };
  const place = { firstLine: header.lines + 1, firstRow: 0 };
  const output: Buffer[] = [];
  for await (const range of rangesOf(content, header, cut)) {
    const given = scorer.score(range, place);
    output.push(Buffer.from(given.output));
    all.rejected.push(...rejectedIn(given.rejectedLines));
    all.rows += given.rows;
    all.invalidUtf8 += given.invalidUtf8;
    place.firstLine += countLines(range, header.dialect.newline);
    place.firstRow += countRecords(range, header.dialect);
  }
  all.output = Buffer.concat(output).toString("latin1");
  return all;
}

async function* rangesOf(content: Buffer, { dialect, dataStart }: Header, cut: number) {
  // fewer than were asked for only at the end: as of a file
  const source: ByteSource = { read: async (offset, length) => content.subarray(offset, offset + length) };
  for (let start = dataStart; ; ) {
    const range = await nextRange(source, start, cut, dialect);
    if (range === undefined) return;
    yield content.subarray(range.start, range.end);
    start = range.end;
  }
}

function rejectedIn(lines: Buffer): ReadTable["rejected"] {
  return lines
    .toString()
    .split("\n")
    .slice(0, -1)
    .map((line) => ({ line: Number.parseInt(line, 10), reason: line.slice(line.indexOf(",") + 1) }));
}

function scorerOf({ dialect, columns }: Header, way: "kernel" | "strings"): ChunkScorer | undefined {
  const format = dialect.delimiter < 0 ? "ndjson" : dialect.delimiter === 9 ? "tsv" : "csv";
  const key = JSON.stringify([format, dialect.newline, dialect.quoteEscape, columns.length, way]);
  const known = scorers.get(key);
  if (known) return known;
  const column = (name: string) => ({ name, place: format === "ndjson" ? -1 : NAMES.indexOf(name) });
  const plan: ChunkPlan = examplePlan({
    input: {
      format,
      newline: dialect.newline as ChunkPlan["input"]["newline"],
      fields: columns.length,
      quoteEscape: dialect.quoteEscape,
      missingValues: "pandas",
      text: column("c2"),
      id: column("c1"),
    },
    output: { format, passThrough: [column("c3")] },
  });
  const scorer =
    way === "kernel" ? ByteScorer.of(plan, bundle, classifier) : new PlainScorer(plan, classifier);
  if (scorer !== undefined) scorers.set(key, scorer);
  return scorer;
}
