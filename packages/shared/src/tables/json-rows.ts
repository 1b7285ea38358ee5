import { isUtf8 } from "node:buffer";
import { type TextColumns, textColumnList } from "../settings/text-columns";
import { BlockBytes } from "./block-bytes";
import { columnNotFound } from "./column-names";
import type { Header } from "./header";
import { joinedText } from "./joined-text";
import { JsonRecord } from "./json-record";
import type { RangeRows } from "./range-rows";
import { RecordScanner } from "./record-scanner";
import { type ReadColumns, requiredColumns } from "./row-columns";
import type { RowSink } from "./row-sink";

/** A column that none of this many first objects has is not there; later objects may leave it out. */
export const PROBED_OBJECTS = 100;
const MAX_KEYS = 1000;

/** Rows of ranges of newline-delimited JSON: an object per line, columns by key. */
export class JsonRows implements RangeRows {
  readonly #path: string;
  readonly #columns: ReadColumns;
  readonly #sink: RowSink;
  readonly #scanner: RecordScanner;
  #bytes: Buffer = Buffer.alloc(0);
  #isUtf8 = true;
  #firstLine = 1;
  readonly #strings: BlockBytes;
  #objects = 0;
  readonly #keys = new Set<string>();

  constructor(path: string, header: Header, columns: ReadColumns, sink: RowSink) {
    this.#path = path;
    this.#columns = columns;
    this.#sink = sink;
    this.#scanner = new RecordScanner(header.dialect, 1);
    this.#strings = new BlockBytes((bytes) => {
      sink.block.bytes = bytes;
    });
  }

  open(range: Buffer, firstLine: number): void {
    this.#bytes = range;
    this.#isUtf8 = isUtf8(range);
    this.#firstLine = firstLine;
    this.#scanner.open(range);
  }

  get lines(): number {
    return this.#scanner.linesRead;
  }

  fill(): boolean {
    const sink = this.#sink;
    const scanner = this.#scanner;
    sink.begin(this.#strings.clear());
    while (!sink.full) {
      const status = scanner.next();
      if (status === "end") break;
      const line = this.#firstLine + scanner.line;
      if (status === "record") this.#take(line);
      else sink.reject(line, "record too large");
    }
    sink.finish(0, this.#strings.used);
    return sink.block.count > 0;
  }

  /** @throws ColaError COLUMN_NOT_FOUND if no object had a column that is asked for */
  checkColumns(): void {
    if (this.#objects === 0) return;
    const missing = requiredColumns(this.#columns).find((column) => !this.#keys.has(column));
    if (missing !== undefined) throw columnNotFound(this.#path, missing, [...this.#keys]);
  }

  #take(line: number): void {
    const { recordStart, recordEnd } = this.#scanner;
    const record = JsonRecord.parse(this.#bytes.toString("utf8", recordStart, recordEnd));
    if (record === undefined) {
      this.#sink.reject(line, "not a JSON object");
      return;
    }
    this.#probe(record);
    this.#accept(record, line);
  }

  #probe(record: JsonRecord): void {
    if (this.#objects++ >= PROBED_OBJECTS) return;
    for (const key of record.keys()) if (this.#keys.size < MAX_KEYS) this.#keys.add(key);
    if (this.#objects === PROBED_OBJECTS) this.checkColumns();
  }

  #accept(record: JsonRecord, line: number): void {
    const sink = this.#sink;
    const { block, labels, nOthers } = sink;
    const { text: textColumn, label, id, others = [] } = this.#columns;
    const row = block.count;
    const text = textColumn === undefined ? "" : this.#textOf(record, textColumn);
    const labelText = label === undefined ? undefined : record.text(label);
    if (text === undefined) {
      sink.rejectLabelled(line, "no text", labelText);
      return;
    }
    if (labels && !sink.takeLabel(line, labels.codeOfString(labelText!), () => this.#record())) return;
    const strings = this.#strings;
    block.textStart[row] = strings.used;
    block.textEnd[row] = strings.addText(text);
    const hasId = id !== undefined && record.has(id);
    block.idStart[row] = hasId ? strings.used : -1;
    block.idEnd[row] = hasId ? strings.addText(record.copied(id)) : -1;
    others.forEach((column, i) => {
      block.otherStart[row * nOthers + i] = strings.used;
      block.otherEnd[row * nOthers + i] = strings.addText(record.copied(column));
    });
    block.line[row] = line;
    block.record[row] = ++sink.records;
    block.count = row + 1;
    if (!this.#isUtf8 && text.includes("\uFFFD") && !isUtf8(this.#record())) sink.noteInvalid(this.#record());
  }

  #record(): Buffer {
    return this.#bytes.subarray(this.#scanner.recordStart, this.#scanner.recordEnd);
  }

  #textOf(record: JsonRecord, columns: TextColumns): string | undefined {
    const parts = textColumnList(columns).map((column) => record.text(column));
    return joinedText(parts, this.#sink.missing);
  }
}
