import { ColaError } from "../errors/cola-error";
import { MAX_RECORD_BYTES } from "../settings/table-values";
import { DelimitedRows } from "./delimited-rows";
import { checkUtf8Share } from "./encoding";
import { HEADER_BYTES, type Header, readHeader } from "./header";
import { checkUnchanged, type FileIdentity, identifyInput } from "./input-file";
import { JsonRows } from "./json-rows";
import type { RangeRows } from "./range-rows";
import { nextRange } from "./ranges";
import { describeRejected, type RejectedRow, RejectedRows } from "./rejected-rows";
import { type RowBlock, textOf } from "./row-block";
import { locateColumns, type ReadColumns, requiredColumns } from "./row-columns";
import { RowSink } from "./row-sink";
import { type InputSource, openInput } from "./source";
import { type TableFile, type TableOptions, tableOptions } from "./table-options";

export interface ReadOptions {
  /** Rows of a batch of strings; the last one may be shorter. */
  batchRows?: number;
  /** Longer records are rejected. */
  maxRecordBytes?: number;
  /** Called for every rejected record, in order. */
  onRejected?: (row: RejectedRow) => void;
  /** Bytes of the file that are read at a time, a little more for whole records; only tests need another number. */
  rangeBytes?: number;
}

/** Accepted rows as strings. Arrays of columns that were not asked for are empty. */
export interface Batch {
  texts: string[];
  /** Normalised. */
  labels: string[];
  /** The id column's fields, or record numbers from 1 if the file has no such column. */
  ids: string[];
  /** Physical line each record starts on; the first line of the file is 1. */
  lines: number[];
  /** One list a column of `columns.others`, in that order. */
  others: string[][];
}

const DEFAULT_BATCH_ROWS = 1000;
const RANGE_BYTES = 1 << 20;

function emptyBatch(nOthers: number): Batch {
  return { texts: [], labels: [], ids: [], lines: [], others: Array.from({ length: nOthers }, () => []) };
}

/**
 * A dataset that can be read any number of times, in constant memory. Each pass reads the same rows; a file
 * that changed since the first one is refused.
 *
 * Records without the text or the label that was asked for, with another number of fields than the header,
 * with broken quoting or beyond the size limit are left out, counted and named by line in `rejected`. Bytes
 * that are not UTF-8 become U+FFFD and are counted in `invalidUtf8`; beyond a small share the file is refused.
 */
export class DatasetReader {
  readonly path: string;
  readonly #table: TableOptions;
  readonly #columns: ReadColumns;
  readonly #options: ReadOptions;
  #identity: FileIdentity | undefined;
  #sink: RowSink | undefined;
  #notes: readonly string[] = [];
  readonly #none = new RejectedRows();

  constructor(dataset: TableFile, columns: ReadColumns, options: ReadOptions = {}) {
    this.path = dataset.path;
    this.#table = tableOptions(dataset);
    this.#columns = columns;
    this.#options = options;
  }

  /** Records left out by the latest pass. */
  get rejected(): RejectedRows {
    return this.#sink?.rejected ?? this.#none;
  }

  /** Rows accepted by the latest pass. */
  get rows(): number {
    return this.#sink?.rows ?? 0;
  }

  /** Accepted rows of the latest pass whose text had bytes that are not UTF-8. */
  get invalidUtf8(): number {
    return this.#sink?.invalidUtf8 ?? 0;
  }

  /** What was recognised, not said, about how the file is written: lines for a person. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Labels of records that the latest pass rejected, as far as they could be read, and how many records had each. */
  get rejectedLabels(): ReadonlyMap<string, number> {
    return this.#sink?.rejectedLabels ?? new Map();
  }

  /** Normalised labels in order of appearance: what `RowBlock.label` indexes. */
  get labelNames(): readonly string[] {
    return this.#sink?.labels?.names ?? [];
  }

  /**
   * One pass over the rows as bytes: the fast way, at a fifth of what strings cost. A block is valid until the
   * next one.
   *
   * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_EMPTY, COLUMN_NOT_FOUND, LABELS_INVALID,
   *   INPUT_TOO_LARGE, INPUT_CHANGED
   */
  async *blocks(): AsyncGenerator<RowBlock, void, undefined> {
    if (this.#identity) await checkUnchanged(this.path, this.#identity);
    else this.#identity = await identifyInput(this.path);
    const sink = new RowSink(this.#columns, this.#table.missingValues, this.#options.onRejected);
    this.#sink = sink;
    const source = await openInput(this.#table);
    try {
      yield* this.#rows(source, sink);
    } finally {
      await source.close();
    }
    await checkUnchanged(this.path, this.#identity);
    if (sink.records === 0) {
      throw new ColaError("INPUT_EMPTY", `${this.path} holds a header but no rows`);
    }
    checkUtf8Share(this.path, { rows: sink.rows, invalid: sink.invalidUtf8 }, sink.invalid.sample);
  }

  /**
   * One pass over the rows as strings, `batchRows` at a time.
   *
   * @throws ColaError as `blocks`
   */
  async *batches(): AsyncGenerator<Batch, void, undefined> {
    const batchRows = this.#options.batchRows ?? DEFAULT_BATCH_ROWS;
    const nOthers = this.#columns.others?.length ?? 0;
    let batch = emptyBatch(nOthers);
    for await (const block of this.blocks()) {
      for (let row = 0; row < block.count; row++) {
        this.#copyRow(block, row, batch);
        if (batch.lines.length < batchRows) continue;
        yield batch;
        batch = emptyBatch(nOthers);
      }
    }
    if (batch.lines.length > 0) yield batch;
  }

  async *#rows(source: InputSource, sink: RowSink): AsyncGenerator<RowBlock, void, undefined> {
    const header = await this.#header(source);
    const rows = this.#rangeRows(header, sink);
    let offset = header.dataStart;
    let line = header.lines + 1;
    for (;;) {
      const range = await nextRange(source, offset, this.#options.rangeBytes ?? RANGE_BYTES, header.dialect);
      if (range === undefined) break;
      if (range.oversize) {
        sink.reject(line, range.oversize.reason);
        line += range.oversize.lines;
      } else {
        rows.open(await source.read(range.start, range.end - range.start), line);
        while (rows.fill()) yield sink.block;
        line += rows.lines;
      }
      offset = range.end;
    }
    if (rows instanceof JsonRows) rows.checkColumns();
  }

  async #header(source: InputSource): Promise<Header> {
    const header = readHeader(await source.read(0, HEADER_BYTES), {
      ...this.#table,
      wanted: requiredColumns(this.#columns),
      maxRecordBytes: this.#options.maxRecordBytes ?? MAX_RECORD_BYTES,
    });
    this.#notes = header.note === undefined ? [] : [header.note];
    return header;
  }

  #rangeRows(header: Header, sink: RowSink): RangeRows {
    if (this.#table.format === "ndjson") return new JsonRows(this.path, header, this.#columns, sink);
    return new DelimitedRows(header, locateColumns(this.path, header.columns, this.#columns), sink);
  }

  #copyRow(block: RowBlock, row: number, batch: Batch): void {
    const { bytes } = block;
    if (this.#columns.text !== undefined) batch.texts.push(textOf(block, row));
    if (this.#columns.label !== undefined) batch.labels.push(this.labelNames[block.label[row]!]!);
    if (this.#columns.id !== undefined) {
      const start = block.idStart[row]!;
      batch.ids.push(
        start < 0 ? String(block.record[row]) : bytes.toString("utf8", start, block.idEnd[row]!),
      );
    }
    const nOthers = batch.others.length;
    for (let i = 0; i < nOthers; i++) {
      const at = row * nOthers + i;
      batch.others[i]!.push(bytes.toString("utf8", block.otherStart[at]!, block.otherEnd[at]!));
    }
    batch.lines.push(block.line[row]!);
  }
}

/**
 * A reader of the rows of a CSV, TSV or NDJSON file, plain, .gz or .zst.
 *
 * @example
 * const reader = readDataset({ path: "tweets.csv" }, { text: "text", label: "inbound" });
 * for await (const { texts, labels } of reader.batches()) { ... }
 * reader.rejected.count
 */
export function readDataset(dataset: TableFile, columns: ReadColumns, options?: ReadOptions): DatasetReader {
  return new DatasetReader(dataset, columns, options);
}

/** What a person should know of the latest pass: what was left out, what was recognised, bytes that are not UTF-8. */
export function readNotes(reader: DatasetReader): string[] {
  const { rejected, notes, invalidUtf8 } = reader;
  const invalid =
    invalidUtf8 === 0 ? [] : [`${invalidUtf8} rows hold bytes that are not UTF-8; U+FFFD stands for them`];
  return [...notes, ...describeRejected(rejected), ...invalid];
}
