/**
 * How a delimited file is cut into records and fields, as RFC 4180 says, with the leniency of pandas and Python's
 * csv where that costs nothing, and one more promise: a broken row costs only itself.
 *
 * - A quote opens a quoted field only as the field's first byte; elsewhere it is an ordinary byte.
 * - A quoted field ends at the first quote that is not doubled; a delimiter, a line end or the end of the file must
 *   follow, and at most `MAX_RECORD_BYTES` may lie between. If not, the field's first line is a broken record, and
 *   reading goes on with the next line.
 * - A line end is LF or CRLF, or CR alone where the file's beginning holds no LF. Empty lines are no records.
 */
export interface Dialect {
  /** Byte between fields; -1 where there is none. */
  delimiter: number;
  /** Byte that ends a line: LF (a CR before it is dropped), or CR. */
  newline: number;
  /** False for NDJSON: a line is a record. */
  quotes: boolean;
}

export const LF = 10;
export const CR = 13;
export const QUOTE = 34;

export type RecordFormat = "csv" | "tsv" | "ndjson";

const DELIMITERS: Record<RecordFormat, number> = { csv: 44, tsv: 9, ndjson: -1 };

/** The dialect of a file that begins with `head`. */
export function dialectOf(format: RecordFormat, head: Buffer): Dialect {
  return { delimiter: DELIMITERS[format], newline: newlineOf(head), quotes: format !== "ndjson" };
}

/** Old Mac files end lines with CR alone: those whose beginning holds CR but no LF. */
function newlineOf(head: Buffer): number {
  return !head.includes(LF) && head.includes(CR) ? CR : LF;
}
