import { ColaError } from "../errors/cola-error";
import { ByteWindow } from "./byte-window";
import { checkText } from "./file-format";
import { NO_LABEL } from "./label-codes";
import { BROKEN, MAX_COLUMNS, RecordScanner, unescapeQuotes } from "./record-scanner";
import type { RejectReason } from "./rejected-rows";
import type { RowBlock } from "./row-block";
import { type ColumnPositions, locateColumns, type ReadColumns } from "./row-columns";
import { isBlank, type RowSink } from "./row-sink";

const LF = 0x0a;
const CR = 0x0d;

/** Old Mac files end lines with CR alone: those whose beginning holds CR but no LF. */
function newlineOf(bytes: Buffer): number {
  return !bytes.includes(LF) && bytes.includes(CR) ? CR : LF;
}

export interface DelimitedOptions {
  path: string;
  delimiter: "," | "\t";
  columns: ReadColumns;
  maxRecordBytes: number;
  /** Bytes a read adds; only tests need it. */
  fillBytes?: number;
}

/**
 * Rows of a CSV or TSV stream.
 *
 * Blank lines are no records. A broken record ends with the physical line on which its broken field opened:
 * reading goes on with the next line, so that an unclosed quote does not swallow the rest of the file. Lines are
 * rescanned once at most for that, as a scan in the wrong phase ends at the next line with an odd number of quotes.
 */
export class DelimitedRows {
  readonly #options: DelimitedOptions;
  readonly #window: ByteWindow;
  readonly #sink: RowSink;
  #scanner: RecordScanner;
  #newline = LF;
  #line = 1;
  #nColumns = 0;
  #positions: ColumnPositions = { text: -1, label: -1, id: -1, others: [] };
  /** Within a physical line beyond the limit, which is dropped as it comes. */
  #skipping = false;

  constructor(chunks: AsyncIterable<Buffer>, sink: RowSink, options: DelimitedOptions) {
    this.#options = options;
    this.#window = new ByteWindow(chunks, options.maxRecordBytes, options.fillBytes);
    this.#sink = sink;
    this.#scanner = this.#createScanner();
  }

  /**
   * Blocks of accepted rows.
   * @throws ColaError INPUT_EMPTY, INPUT_UNREADABLE, COLUMN_NOT_FOUND
   */
  async *blocks(): AsyncGenerator<RowBlock, void, undefined> {
    const window = this.#window;
    try {
      await this.#header();
      for (;;) {
        while (this.#scanBlock()) yield this.#sink.block;
        if (window.final) return;
        await window.fill();
      }
    } finally {
      await window.close();
    }
  }

  async #header(): Promise<void> {
    const { path, maxRecordBytes, columns } = this.#options;
    const window = this.#window;
    while (!window.final && window.end <= maxRecordBytes) await window.fill();
    window.start = checkText(path, window.bytes.subarray(0, window.end));
    this.#newline = newlineOf(window.bytes.subarray(0, window.end));
    this.#scanner = this.#createScanner();
    this.#skipBlankLines();
    if (window.start >= window.end) throw new ColaError("INPUT_EMPTY", `${path} holds no header and no rows`);
    const next = this.#scan();
    if (next < 0) {
      const why = `has broken quoting or is longer than ${maxRecordBytes} bytes`;
      throw new ColaError("INPUT_UNREADABLE", `${path}: the header in line ${this.#line} ${why}`);
    }
    const names = this.#headerNames();
    this.#positions = locateColumns(path, names, columns);
    this.#nColumns = names.length;
    this.#scanner = this.#createScanner(names.length + 1);
    window.start = next;
    this.#line += 1 + this.#scanner.innerLines;
  }

  #headerNames(): string[] {
    const scanner = this.#scanner;
    const { bytes } = this.#window;
    if (scanner.nFields > MAX_COLUMNS) {
      throw new ColaError(
        "INPUT_UNREADABLE",
        `${this.#options.path} has ${scanner.nFields} columns: at most ${MAX_COLUMNS} are allowed`,
      );
    }
    return Array.from({ length: scanner.nFields }, (_, field) => {
      const start = scanner.starts[field]!;
      const end = scanner.ends[field]!;
      return bytes.toString("utf8", start, scanner.escaped[field] ? unescapeQuotes(bytes, start, end) : end);
    });
  }

  #createScanner(maxColumns?: number): RecordScanner {
    const { delimiter, maxRecordBytes } = this.#options;
    return new RecordScanner(delimiter.charCodeAt(0), this.#newline, maxRecordBytes, maxColumns);
  }

  #scan(): number {
    const { bytes, start, end, final } = this.#window;
    bytes[end] = this.#newline;
    return this.#scanner.scan(bytes, start, end, final);
  }

  #skipBlankLines(): void {
    const window = this.#window;
    const { bytes, end } = window;
    for (;;) {
      const byte = bytes[window.start];
      if (window.start >= end) return;
      if (byte === this.#newline) window.start++;
      else if (byte === CR && window.start + 1 < end && bytes[window.start + 1] === LF) window.start += 2;
      else if (byte === CR && window.start + 1 === end && window.final) window.start++;
      else return;
      this.#line++;
    }
  }

  /** Scans until the block is full or the window is used up. Returns whether the block holds rows. */
  #scanBlock(): boolean {
    const window = this.#window;
    const sink = this.#sink;
    const from = window.start;
    sink.begin(window.bytes);
    while (!sink.full) {
      if (this.#skipping && !this.#skipLine()) break;
      this.#skipBlankLines();
      if (window.start >= window.end) break;
      const next = this.#scan();
      const stopped = next < 0 || next - 1 - window.start > this.#options.maxRecordBytes;
      if (stopped) {
        if (!this.#recover(next)) break;
      } else this.#take(next);
    }
    sink.finish(from, window.start);
    return sink.block.count > 0;
  }

  /** Rejects a record that cannot be taken. False where more bytes must come first. */
  #recover(scanned: number): boolean {
    const { start, end, final } = this.#window;
    const { maxRecordBytes } = this.#options;
    const { opened, innerLines } = this.#scanner;
    if (scanned >= 0) {
      this.#drop("record too large", scanned, 1 + innerLines);
      return true;
    }
    const unclosed = opened >= 0 && (final || end - opened > maxRecordBytes);
    if (scanned === BROKEN || unclosed) return this.#endBrokenLine();
    if (end - start <= maxRecordBytes) return false;
    this.#drop("record too large", end, innerLines);
    this.#skipping = true;
    return true;
  }

  #drop(reason: RejectReason, next: number, lines: number): void {
    this.#sink.reject(this.#line, reason);
    this.#window.start = next;
    this.#line += lines;
  }

  /** Ends a record with the line its last quoted field opened on. False where that line's end has not come. */
  #endBrokenLine(): boolean {
    const { bytes, start, end, final } = this.#window;
    const { opened, openedLines } = this.#scanner;
    const newline = bytes.subarray(opened, end).indexOf(this.#newline);
    if (newline >= 0) {
      this.#drop("broken quoting", opened + newline + 1, openedLines + 1);
      return true;
    }
    if (!final && end - start <= this.#options.maxRecordBytes) return false;
    this.#drop("broken quoting", end, openedLines);
    this.#skipping = !final;
    return true;
  }

  /** Drops bytes up to the end of the physical line. False where that has not come yet. */
  #skipLine(): boolean {
    const window = this.#window;
    const newline = window.bytes.subarray(window.start, window.end).indexOf(this.#newline);
    window.start = newline < 0 ? window.end : window.start + newline + 1;
    if (newline < 0) return false;
    this.#line++;
    this.#skipping = false;
    return true;
  }

  #take(next: number): void {
    const sink = this.#sink;
    const scanner = this.#scanner;
    const line = this.#line;
    this.#line += 1 + scanner.innerLines;
    if (scanner.nFields !== this.#nColumns) sink.reject(line, "wrong number of fields");
    else this.#accept(line);
    this.#window.start = next;
  }

  #accept(line: number): void {
    const sink = this.#sink;
    const { block, labels } = sink;
    const { bytes } = this.#window;
    const scanner = this.#scanner;
    const { text, label, id } = this.#positions;
    const row = block.count;
    if (text >= 0) {
      const start = scanner.starts[text]!;
      const end = this.#unescaped(text);
      if (isBlank(bytes, start, end)) {
        sink.reject(line, "no text");
        return;
      }
      block.textStart[row] = start;
      block.textEnd[row] = end;
    }
    if (labels) {
      const code = labels.codeOf(bytes, scanner.starts[label]!, this.#unescaped(label));
      if (code === NO_LABEL) {
        sink.reject(line, "no label");
        return;
      }
      block.label[row] = code;
    }
    if (id >= 0) {
      block.idStart[row] = scanner.starts[id]!;
      block.idEnd[row] = this.#unescaped(id);
    }
    if (this.#sink.nOthers > 0) this.#acceptOthers(row);
    block.line[row] = line;
    block.record[row] = ++this.#sink.records;
    block.count = row + 1;
  }

  #acceptOthers(row: number): void {
    const { block, nOthers } = this.#sink;
    this.#positions.others.forEach((field, i) => {
      block.otherStart[row * nOthers + i] = this.#scanner.starts[field]!;
      block.otherEnd[row * nOthers + i] = this.#unescaped(field);
    });
  }

  /** End of a field once its quotes are single; a column may be asked for twice. */
  #unescaped(field: number): number {
    const { escaped, starts, ends } = this.#scanner;
    if (escaped[field] === 1) {
      ends[field] = unescapeQuotes(this.#window.bytes, starts[field]!, ends[field]!);
      escaped[field] = 0;
    }
    return ends[field]!;
  }
}
