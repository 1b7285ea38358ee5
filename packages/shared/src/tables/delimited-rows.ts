import { BlockBytes } from "./block-bytes";
import type { Header } from "./header";
import { PART_END } from "./joined-text";
import { NO_LABEL } from "./label-codes";
import { isMissingBytes } from "./missing-values";
import { holdsEscape, unescapeField } from "./quoted-field";
import type { RangeRows } from "./range-rows";
import { RecordScanner } from "./record-scanner";
import type { ColumnPositions } from "./row-columns";
import type { RowSink } from "./row-sink";

const PART_END_BYTES = Buffer.from(PART_END);

/**
 * Rows of ranges of a delimited file. Spans are of the range itself: escapes are taken out in place. If several
 * columns make the text, rows are copied: a joined text stands nowhere in the file.
 */
export class DelimitedRows implements RangeRows {
  readonly #sink: RowSink;
  readonly #scanner: RecordScanner;
  readonly #nColumns: number;
  readonly #at: ColumnPositions;
  readonly #copies: BlockBytes | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #firstLine = 1;

  constructor(header: Header, positions: ColumnPositions, sink: RowSink) {
    this.#sink = sink;
    this.#at = positions;
    this.#nColumns = header.columns.length;
    // one more than a sound record has, so that the last field of one too long is known
    this.#scanner = new RecordScanner(header.dialect, header.columns.length + 1);
    if (positions.texts.length < 2) return;
    this.#copies = new BlockBytes((bytes) => {
      sink.block.bytes = bytes;
    });
  }

  open(range: Buffer, firstLine: number): void {
    this.#bytes = range;
    this.#firstLine = firstLine;
    this.#scanner.open(range);
  }

  get lines(): number {
    return this.#scanner.linesRead;
  }

  fill(): boolean {
    const sink = this.#sink;
    const scanner = this.#scanner;
    const from = scanner.position;
    const copies = this.#copies;
    sink.begin(copies?.clear() ?? this.#bytes);
    while (!sink.full) {
      const status = scanner.next();
      if (status === "end") break;
      const line = this.#firstLine + scanner.line;
      if (status === "record") this.#take(line);
      else if (status === "too-long") sink.reject(line, "record too large");
      else this.#rejectBroken(line);
    }
    if (copies) sink.finish(0, copies.used);
    else sink.finish(from, Math.min(this.#bytes.length, scanner.position));
    return sink.block.count > 0;
  }

  #rejectBroken(line: number): void {
    const record = this.#record();
    if (record.includes('\\"')) this.#sink.rejected.backslashQuotes++;
    this.#sink.rejectLabelled(line, "broken quoting", this.#labelOfBroken(record));
  }

  #take(line: number): void {
    const { fieldCount } = this.#scanner;
    if (fieldCount === this.#nColumns) this.#accept(line);
    else this.#sink.rejectLabelled(line, "wrong number of fields", this.#labelOfOdd(fieldCount));
  }

  /** The label of a record with a field too many, if it can be told: it is the first one, or the last one. */
  #labelOfOdd(fieldCount: number): string | undefined {
    const { label } = this.#at;
    if (fieldCount !== this.#nColumns + 1) return undefined;
    if (label === 0) return this.#text(0);
    return label === this.#nColumns - 1 ? this.#text(fieldCount - 1) : undefined;
  }

  /** The label of a record with broken quoting, if it can be told: it stands before the broken field, or last. */
  #labelOfBroken(record: Buffer): string | undefined {
    const { label } = this.#at;
    if (label < 0) return undefined;
    if (label < this.#scanner.fieldCount) return this.#text(label);
    if (label !== this.#nColumns - 1) return undefined;
    const delimiter = record.lastIndexOf(this.#scanner.dialect.delimiter);
    return delimiter < 0 ? undefined : record.toString("utf8", delimiter + 1).replace(/^"(.*)"$/, "$1");
  }

  #text(field: number): string {
    return this.#bytes.toString("utf8", this.#scanner.starts[field]!, this.#unescaped(field));
  }

  #labelAt(field: number): number {
    const { labels } = this.#sink;
    const end = this.#unescaped(field);
    return labels === undefined ? NO_LABEL : labels.codeOf(this.#bytes, this.#scanner.starts[field]!, end);
  }

  #accept(line: number): void {
    const sink = this.#sink;
    const { block, labels } = sink;
    const { texts, label, id, others } = this.#at;
    const row = block.count;
    if (texts.length > 0 && !this.#hasText(texts)) {
      sink.rejectLabelled(line, "no text", label < 0 ? undefined : this.#text(label));
      return;
    }
    if (labels && !sink.takeLabel(line, this.#labelAt(label), () => this.#record())) return;
    if (this.#copies) this.#join(texts, this.#copies);
    else if (texts.length > 0) this.#place(texts[0]!, row, block.textStart, block.textEnd);
    if (id >= 0) this.#place(id, row, block.idStart, block.idEnd);
    else block.idStart[row] = -1;
    for (let i = 0; i < others.length; i++) {
      this.#place(others[i]!, row * others.length + i, block.otherStart, block.otherEnd);
    }
    block.line[row] = line;
    block.record[row] = ++sink.records;
    block.count = row + 1;
  }

  #hasText(texts: readonly number[]): boolean {
    for (const field of texts) if (!this.#isMissing(field)) return true;
    return false;
  }

  #isMissing(field: number): boolean {
    const end = this.#unescaped(field);
    return isMissingBytes(this.#bytes, this.#scanner.starts[field]!, end, this.#sink.missing);
  }

  /** Notes where a field's content lies in the bytes of the block. */
  #place(field: number, at: number, starts: Int32Array, ends: Int32Array): void {
    const start = this.#scanner.starts[field]!;
    const end = this.#unescaped(field);
    const copies = this.#copies;
    starts[at] = copies ? copies.used : start;
    ends[at] = copies ? copies.addBytes(this.#bytes, start, end) : end;
  }

  /** The text of the row under way, as `joinedText` says. */
  #join(texts: readonly number[], copies: BlockBytes): void {
    const { block } = this.#sink;
    block.textStart[block.count] = copies.used;
    texts.forEach((field, part) => {
      if (part > 0) copies.addBytes(PART_END_BYTES, 0, PART_END_BYTES.length);
      if (this.#isMissing(field)) return;
      copies.addBytes(this.#bytes, this.#scanner.starts[field]!, this.#unescaped(field));
    });
    block.textEnd[block.count] = copies.used;
  }

  /** End of a field's content, its escapes taken out; once, though two columns may ask for it. */
  #unescaped(field: number): number {
    const { starts, ends, quoted, dialect } = this.#scanner;
    const start = starts[field]!;
    const end = ends[field]!;
    if (quoted[field] === 0) return end;
    quoted[field] = 0;
    if (!holdsEscape(this.#bytes, start, end, dialect)) return end;
    ends[field] = unescapeField(this.#bytes, start, end, dialect);
    return ends[field]!;
  }

  #record(): Buffer {
    return this.#bytes.subarray(this.#scanner.recordStart, this.#scanner.recordEnd);
  }
}
