import { ByteWindow } from "./byte-window";
import { checkText } from "./file-format";
import { NO_LABEL } from "./label-codes";
import type { RowBlock } from "./row-block";
import { columnNotFound, type ReadColumns } from "./row-columns";
import type { RowSink } from "./row-sink";

const LF = 0x0a;
/** A column that none of so many first objects has is not there; later objects may leave it out. */
const PROBED_OBJECTS = 100;

export interface NdjsonOptions {
  path: string;
  columns: ReadColumns;
  maxRecordBytes: number;
  fillBytes?: number;
}

/** A JSON value as a cell; null and what is not there are blank, objects and arrays too. */
function cell(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function parseObject(line: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** Rows of newline-delimited JSON: an object a line, columns by key. Blank lines are no records. */
export class NdjsonRows {
  readonly #options: NdjsonOptions;
  readonly #window: ByteWindow;
  readonly #sink: RowSink;
  /** The strings of a block, encoded one behind the other. */
  #strings = Buffer.allocUnsafe(1 << 20);
  #used = 0;
  #line = 1;
  #skipping = false;
  #objects = 0;
  readonly #keys = new Set<string>();

  constructor(chunks: AsyncIterable<Buffer>, sink: RowSink, options: NdjsonOptions) {
    this.#options = options;
    this.#sink = sink;
    this.#window = new ByteWindow(chunks, options.maxRecordBytes, options.fillBytes);
  }

  /**
   * Blocks of accepted rows.
   * @throws ColaError INPUT_UNREADABLE, COLUMN_NOT_FOUND
   */
  async *blocks(): AsyncGenerator<RowBlock, void, undefined> {
    const window = this.#window;
    try {
      await window.fill();
      window.start = checkText(this.#options.path, window.bytes.subarray(0, window.end));
      for (;;) {
        while (this.#scanBlock()) yield this.#sink.block;
        if (window.final) break;
        await window.fill();
      }
      this.#checkColumns();
    } finally {
      await window.close();
    }
  }

  #scanBlock(): boolean {
    const window = this.#window;
    this.#sink.begin(this.#strings);
    this.#used = 0;
    while (!this.#sink.full && window.start < window.end) {
      const { start, end } = window;
      const found = window.bytes.subarray(start, end).indexOf(LF);
      const size = found < 0 ? end - start : found;
      if (size > this.#options.maxRecordBytes) this.#tooLarge();
      else if (found < 0 && !window.final) break;
      else if (!this.#skipping) this.#record(window.bytes.toString("utf8", start, start + size));
      window.start = found < 0 ? end : start + found + 1;
      if (found < 0) break;
      this.#skipping = false;
      this.#line++;
    }
    this.#sink.finish(0, this.#used);
    return this.#sink.block.count > 0;
  }

  #tooLarge(): void {
    if (!this.#skipping) this.#sink.reject(this.#line, "record too large");
    this.#skipping = true;
  }

  #record(text: string): void {
    if (text.trim() === "") return;
    const object = parseObject(text);
    if (object === undefined) {
      this.#sink.reject(this.#line, "not a JSON object");
      return;
    }
    this.#probe(object);
    this.#accept(object);
  }

  #probe(object: Map<string, unknown>): void {
    if (this.#objects++ >= PROBED_OBJECTS) return;
    for (const key of object.keys()) if (this.#keys.size < 1000) this.#keys.add(key);
    if (this.#objects === PROBED_OBJECTS) this.#checkColumns();
  }

  #checkColumns(): void {
    const { text, label, others = [] } = this.#options.columns;
    for (const column of [text, label, ...others]) {
      if (column !== undefined && this.#objects > 0 && !this.#keys.has(column)) {
        throw columnNotFound(this.#options.path, column, [...this.#keys]);
      }
    }
  }

  #accept(object: Map<string, unknown>): void {
    const { block, labels, nOthers } = this.#sink;
    const { columns } = this.#options;
    const row = block.count;
    const text = columns.text === undefined ? "" : cell(object.get(columns.text));
    if (columns.text !== undefined && text.trim() === "") {
      this.#sink.reject(this.#line, "no text");
      return;
    }
    if (labels) {
      const code = labels.codeOfString(cell(object.get(columns.label!)));
      if (code === NO_LABEL) {
        this.#sink.reject(this.#line, "no label");
        return;
      }
      block.label[row] = code;
    }
    block.textStart[row] = this.#used;
    block.textEnd[row] = this.#encode(text);
    const hasId = columns.id !== undefined && object.has(columns.id);
    block.idStart[row] = hasId ? this.#used : -1;
    block.idEnd[row] = hasId ? this.#encode(cell(object.get(columns.id!))) : -1;
    (columns.others ?? []).forEach((column, i) => {
      block.otherStart[row * nOthers + i] = this.#used;
      block.otherEnd[row * nOthers + i] = this.#encode(cell(object.get(column)));
    });
    block.line[row] = this.#line;
    block.record[row] = ++this.#sink.records;
    block.count = row + 1;
  }

  /** Appends a string to the block's bytes, which grow as needed. Returns its end. */
  #encode(text: string): number {
    const needed = this.#used + text.length * 3;
    if (needed > this.#strings.length) {
      const grown = Buffer.allocUnsafe(2 * needed);
      this.#strings.copy(grown, 0, 0, this.#used);
      this.#strings = grown;
      this.#sink.block.bytes = grown;
    }
    this.#used += this.#strings.write(text, this.#used, "utf8");
    return this.#used;
  }
}
