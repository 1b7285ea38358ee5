import { ColaError } from "../errors/cola-error";
import { MAX_COLUMNS, MAX_RECORD_BYTES } from "../settings/table-values";
import { type Dialect, dialectOf, FORMAT_DELIMITER } from "./dialect";
import { checkUtf8Header } from "./encoding";
import { checkText } from "./file-format";
import { unescapeText } from "./quoted-field";
import { recordEnd } from "./record-end";
import { RecordScanner } from "./record-scanner";
import type { TableOptions } from "./table-options";

/** Bytes of a file's start that hold any header we accept. */
export const HEADER_BYTES = MAX_RECORD_BYTES + 4;

/** What stands between fields, by the names it is reported under. Spreadsheets and databases write nothing else. */
const CANDIDATES: readonly string[] = [",", ";", "\t", "|"];

/** What a file's first bytes say. */
export interface Header {
  dialect: Dialect;
  /** Column names in order; NDJSON has none. */
  columns: string[];
  /** Offset of the first record. */
  dataStart: number;
  /** Lines before it. */
  lines: number;
  /** How the delimiter was found if it was neither given nor the format's own; a line for a person. */
  note?: string;
}

/** What `readHeader` needs to know of the file. */
export interface HeaderRequest extends Pick<TableOptions, "path" | "format" | "quote" | "quoteEscape"> {
  delimiter?: string | undefined;
  columnNames?: readonly string[] | undefined;
  /** Columns that somebody asks for: the delimiter under which the header has them is the right one. */
  wanted?: readonly string[];
  maxRecordBytes?: number;
}

/**
 * Reads the header of a file from its first `HEADER_BYTES` bytes (all of it if shorter).
 *
 * @throws ColaError INPUT_EMPTY, INPUT_UNREADABLE (no UTF-8 text, a header that does not end, too many columns),
 *   COLUMN_NOT_FOUND (names that do not fit the first record), PARAMETER_INVALID (names for NDJSON)
 */
export function readHeader(head: Buffer, request: HeaderRequest): Header {
  const { path, format, quote, quoteEscape, maxRecordBytes = MAX_RECORD_BYTES } = request;
  if (head.length === 0)
    throw new ColaError("INPUT_EMPTY", `${path} is empty: it holds no header and no rows`);
  const bom = checkText(path, head);
  const content = head.subarray(bom);
  checkNotJson(content, path, format);
  if (format === "ndjson" && request.columnNames !== undefined) {
    throw new ColaError(
      "PARAMETER_INVALID",
      `${path} is NDJSON, which names its columns itself: --columns is for CSV and TSV`,
    );
  }
  if (format === "ndjson") {
    const dialect = dialectOf(format, content, { maxRecordBytes });
    return { dialect, columns: [], dataStart: bom, lines: 0 };
  }
  const directive = separatorDirective(content);
  const start = directive?.bytes ?? 0;
  const given = request.delimiter ?? directive?.delimiter;
  const open = (delimiter: string): OpenHeader => {
    const dialect = dialectOf(format, content, {
      quote,
      quoteEscape,
      maxRecordBytes,
      delimiter: delimiter.charCodeAt(0),
    });
    return firstRecord(content, start, dialect, delimiter);
  };
  const own = String.fromCharCode(FORMAT_DELIMITER[format]);
  const header = given === undefined ? recognised(own, open, request) : open(given);
  const more = head.length >= HEADER_BYTES;
  checkRecord(header, content, more, request);
  const lines = (directive ? 1 : 0) + header.lines;
  const names = request.columnNames;
  const shown = names === undefined ? "the header shows" : "its first row shows";
  const note =
    request.delimiter === undefined && header.delimiter !== own
      ? `fields are separated by ${nameOf(header.delimiter)}, as ${directive ? "its first line says" : shown}`
      : undefined;
  const found = { dialect: header.dialect, ...(note !== undefined && { note }) };
  if (names !== undefined) {
    return { ...found, columns: [...names], dataStart: bom + start, lines: directive ? 1 : 0 };
  }
  return { ...found, columns: header.fields, dataStart: bom + header.end, lines };
}

/** Of JSON under another name, the first line must not be taken for a header: it is somebody's row. */
function checkNotJson(content: Buffer, path: string, format: TableOptions["format"]): void {
  const start = content.toString("latin1", 0, 64).trimStart();
  if (/^\[\s*[[{\]]/.test(start)) {
    const message = `${path} is a JSON list: write one object per line (NDJSON), for example with jq -c '.[]'`;
    throw new ColaError("INPUT_UNREADABLE", message);
  }
  if (format === "ndjson" || !/^\{\s*"/.test(start)) return;
  throw new ColaError(
    "INPUT_UNREADABLE",
    `${path} looks like JSON with an object per line: give --input-format ndjson, or a name that ends with .ndjson or .jsonl`,
  );
}

interface OpenHeader {
  dialect: Dialect;
  delimiter: string;
  status: ReturnType<RecordScanner["next"]>;
  fields: string[];
  fieldCount: number;
  recordStart: number;
  /** Behind the record's line end. */
  end: number;
  lines: number;
}

function firstRecord(content: Buffer, start: number, dialect: Dialect, delimiter: string): OpenHeader {
  const scanner = new RecordScanner(dialect, MAX_COLUMNS);
  scanner.open(content, start);
  const status = scanner.next();
  const { fieldCount, recordStart, linesRead } = scanner;
  const kept = status === "record" ? Math.min(fieldCount, MAX_COLUMNS) : 0;
  const fields = Array.from({ length: kept }, (_, field) => fieldText(content, scanner, field));
  return {
    dialect,
    delimiter,
    status,
    fields,
    fieldCount,
    recordStart,
    end: Math.min(content.length, scanner.position),
    lines: linesRead,
  };
}

/**
 * The header under the delimiter that gives the wanted columns; if none does, the format's own, unless only another
 * one separates anything.
 */
function recognised(
  own: string,
  open: (delimiter: string) => OpenHeader,
  request: HeaderRequest,
): OpenHeader {
  const { columnNames, wanted = [] } = request;
  const fits = columnNames
    ? ({ fieldCount }: OpenHeader) => fieldCount === columnNames.length
    : ({ fields }: OpenHeader) => wanted.length > 0 && wanted.every((column) => fields.includes(column));
  const ownHeader = open(own);
  if (fits(ownHeader)) return ownHeader;
  const headers = CANDIDATES.filter((candidate) => candidate !== own).map(open);
  const fitting = headers.find(fits);
  if (fitting !== undefined) return fitting;
  if (ownHeader.fieldCount > 1 || ownHeader.status !== "record") return ownHeader;
  return [ownHeader, ...headers].reduce((best, header) =>
    header.fieldCount > best.fieldCount ? header : best,
  );
}

function checkRecord(header: OpenHeader, content: Buffer, more: boolean, request: HeaderRequest): void {
  const { path, columnNames } = request;
  const { status, dialect, recordStart, fieldCount } = header;
  if (status === "end") throw new ColaError("INPUT_EMPTY", `${path} holds no header and no rows`);
  const { end } = recordEnd(content, recordStart, recordStart, dialect, more);
  if (status !== "record" || end === undefined) {
    const why =
      status === "broken-quote" ? "has broken quoting" : `is longer than ${dialect.maxRecordBytes} bytes`;
    throw new ColaError("INPUT_UNREADABLE", `${path}: the header in line ${header.lines} ${why}`);
  }
  if (fieldCount > MAX_COLUMNS) {
    throw new ColaError(
      "INPUT_UNREADABLE",
      `${path} has ${fieldCount} columns: at most ${MAX_COLUMNS} are allowed`,
    );
  }
  if (columnNames !== undefined && columnNames.length !== fieldCount) {
    throw new ColaError(
      "COLUMN_NOT_FOUND",
      `the first record of ${path} has ${fieldCount} fields, --columns names ${columnNames.length}: name each column, or say what separates fields (--delimiter) and what quotes them (--quote)`,
    );
  }
  if (columnNames === undefined) checkUtf8Header(path, content.subarray(recordStart, end), content);
}

/** Excel's first line `sep=;`: what separates the fields, and the bytes of the line. */
function separatorDirective(content: Buffer): { delimiter: string; bytes: number } | undefined {
  const line = /^(?:sep=([^\r\n"])|"sep=([^\r\n"])")(?:\r\n|\n|\r)/i.exec(content.toString("latin1", 0, 16));
  return line ? { delimiter: (line[1] ?? line[2])!, bytes: line[0].length } : undefined;
}

/** How a delimiter is called in messages. */
function nameOf(delimiter: string): string {
  return delimiter === "\t" ? "tabs" : `"${delimiter}"`;
}

/** The text of a field of the record that `scanner` is at. Bytes that are not UTF-8 become U+FFFD. */
export function fieldText(buffer: Buffer, scanner: RecordScanner, field: number): string {
  const text = buffer.toString("utf8", scanner.starts[field]!, scanner.ends[field]!);
  return scanner.quoted[field] === 1 ? unescapeText(text, scanner.dialect) : text;
}
