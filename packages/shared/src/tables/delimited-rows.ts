import type { Header } from "./header";
import { NO_LABEL } from "./label-codes";
import { isMissingBytes } from "./missing-values";
import { holdsEscape, unescapeField } from "./quoted-field";
import type { RangeRows } from "./range-rows";
import { RecordScanner } from "./record-scanner";
import type { ColumnPositions } from "./row-columns";
import type { RowSink } from "./row-sink";

/** Rows of ranges of a delimited file. Spans are of the range itself: escapes are taken out in place. */
export class DelimitedRows implements RangeRows {
  readonly #sink: RowSink;
  readonly #scanner: RecordScanner;
  readonly #nColumns: number;
  readonly #at: ColumnPositions;
  #bytes: Buffer = Buffer.alloc(0);
  #firstLine = 1;

  constructor(header: Header, positions: ColumnPositions, sink: RowSink) {
    this.#sink = sink;
    this.#at = positions;
    this.#nColumns = header.columns.length;
    // one more than a sound record has, so that the last field of one too long is known
    this.#scanner = new RecordScanner(header.dialect, header.columns.length + 1);
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
    sink.begin(this.#bytes);
    while (!sink.full) {
      const status = scanner.next();
      if (status === "end") break;
      const line = this.#firstLine + scanner.line;
      if (status === "record") this.#take(line);
      else if (status === "too-long") sink.reject(line, "record too large");
      else this.#rejectBroken(line);
    }
    sink.finish(from, Math.min(this.#bytes.length, scanner.position));
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
    const bytes = this.#bytes;
    const { starts } = this.#scanner;
    const { text, label, id, others } = this.#at;
    const row = block.count;
    if (text >= 0) {
      const start = starts[text]!;
      const end = this.#unescaped(text);
      if (isMissingBytes(bytes, start, end, sink.missing)) {
        sink.rejectLabelled(line, "no text", label < 0 ? undefined : this.#text(label));
        return;
      }
      block.textStart[row] = start;
      block.textEnd[row] = end;
    }
    if (labels && !sink.takeLabel(line, this.#labelAt(label), () => this.#record())) return;
    if (id >= 0) {
      block.idStart[row] = starts[id]!;
      block.idEnd[row] = this.#unescaped(id);
    } else block.idStart[row] = -1;
    for (let i = 0; i < others.length; i++) {
      block.otherStart[row * others.length + i] = starts[others[i]!]!;
      block.otherEnd[row * others.length + i] = this.#unescaped(others[i]!);
    }
    block.line[row] = line;
    block.record[row] = ++sink.records;
    block.count = row + 1;
  }

  /** End of a field's content, its escapes taken out; once, though two columns may ask for it. */
  #unescaped(field: number): number {
    const { starts, ends, quoted, dialect } = this.#scanner;
    const start = starts[field]!;
    const end = ends[field]!;
    if (quoted[field] === 0 || !holdsEscape(this.#bytes, start, end, dialect)) return end;
    quoted[field] = 0;
    ends[field] = unescapeField(this.#bytes, start, end, dialect);
    return ends[field]!;
  }

  #record(): Buffer {
    return this.#bytes.subarray(this.#scanner.recordStart, this.#scanner.recordEnd);
  }
}
