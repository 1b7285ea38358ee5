import { checkText } from "@colaml/shared/data/file-format";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { MAX_RECORD_BYTES } from "@colaml/shared/jobs/predict";
import { type Dialect, dialectOf, type RecordFormat } from "./dialect";
import { recordEnd } from "./record-end";
import { RecordScanner } from "./record-scanner";

/** Columns more than this are not data. */
const MAX_COLUMNS = 10_000;

/** Bytes of a file's start that hold any header we accept. */
export const HEADER_BYTES = MAX_RECORD_BYTES + 4;

/** What a file's first bytes say. */
export interface Header {
  dialect: Dialect;
  /** Column names in order; NDJSON has none. */
  columns: string[];
  /** Offset of the first record. */
  dataStart: number;
  /** Lines before it. */
  lines: number;
}

/**
 * Reads the header of a file from its first `HEADER_BYTES` bytes (all of it when shorter).
 * @throws ColaError INPUT_EMPTY, INPUT_UNREADABLE (no UTF-8 text, a header that does not end)
 */
export function readHeader(head: Buffer, format: RecordFormat, path: string): Header {
  if (head.length === 0) throw new ColaError("INPUT_EMPTY", `empty file: ${path}`);
  const bom = checkText(path, head);
  const content = head.subarray(bom);
  const dialect = dialectOf(format, content);
  if (!dialect.quotes) return { dialect, columns: [], dataStart: bom, lines: 0 };
  const more = head.length >= HEADER_BYTES;
  const scanner = new RecordScanner(dialect, MAX_COLUMNS);
  scanner.open(content);
  const status = scanner.next();
  if (status === "end") throw new ColaError("INPUT_EMPTY", `no header: ${path}`);
  const { end } = recordEnd(content, 0, scanner.recordStart, dialect, more);
  if (status !== "record" || end === undefined || scanner.fieldCount > MAX_COLUMNS) {
    const why = status === "broken-quote" ? "its quotes do not close" : "it is too long";
    throw new ColaError("INPUT_UNREADABLE", `the header of ${path} cannot be read: ${why}`);
  }
  const columns: string[] = [];
  for (let field = 0; field < scanner.fieldCount; field++) columns.push(fieldText(content, scanner, field));
  return { dialect, columns, dataStart: bom + end, lines: scanner.linesRead };
}

/** The text of a field of the record that `scanner` is at. Bytes that are no UTF-8 become U+FFFD. */
export function fieldText(buffer: Buffer, scanner: RecordScanner, field: number): string {
  const text = buffer.toString("utf8", scanner.starts[field]!, scanner.ends[field]!);
  return scanner.quoted[field] === 1 && text.includes('"') ? text.replaceAll('""', '"') : text;
}

/**
 * Position of a column.
 * @throws ColaError COLUMN_NOT_FOUND listing the columns there are, or saying that the name is there twice
 */
export function columnIndex(columns: readonly string[], name: string, path: string): number {
  const index = columns.indexOf(name);
  if (index < 0) {
    throw new ColaError("COLUMN_NOT_FOUND", `no column "${name}" in ${path}; it has: ${columns.join(", ")}`, {
      details: { column: name, columns: columns.slice(0, 100) },
    });
  }
  if (columns.indexOf(name, index + 1) >= 0) {
    throw new ColaError("COLUMN_NOT_FOUND", `column "${name}" is there twice in ${path}`, {
      details: { column: name },
    });
  }
  return index;
}
