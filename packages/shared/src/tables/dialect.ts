import { MAX_RECORD_BYTES } from "../settings/table-values";

/**
 * How a delimited file is cut into records and fields, as RFC 4180 says, with the leniency of pandas and Python's
 * csv if that costs nothing, and one more promise: a broken row costs only itself.
 *
 * - A quote (`"` unless another is given) opens a quoted field only as the field's first byte; elsewhere it is an ordinary byte.
 * - A quoted field ends at the first quote that is not escaped; a delimiter, a line end or the end of the file must
 *   follow, and at most `maxRecordBytes` may lie between. If not, the field's first line is a broken record, and
 *   reading resumes with the next line.
 * - A quote inside a quoted field is doubled. With `quoteEscape: "backslash"` it may stand behind a backslash as well,
 *   which is what Spark and MySQL write; `\\` then is one backslash, and any other backslash stands for itself.
 * - A line end is LF or CRLF, or CR if the file's beginning holds no LF. Empty lines are not records.
 */
export interface Dialect {
  /** Byte between fields; -1 if there is none (NDJSON). */
  delimiter: number;
  /** Byte that ends a line: LF (a CR before it is dropped), or CR. */
  newline: number;
  /** Byte around quoted fields; -1 if there is none: a line is a record (NDJSON, files that quote nothing). */
  quote: number;
  quoteEscape: QuoteEscape;
  /** Longer records are rejected. */
  maxRecordBytes: number;
}

/** How a quote inside a quoted field is written. */
export type QuoteEscape = "double" | "backslash";

export const LF = 10;
export const CR = 13;
export const QUOTE = 34;
export const NO_QUOTE = -1;
export const BACKSLASH = 92;

export type RecordFormat = "csv" | "tsv" | "ndjson";

/** The byte between fields if neither a setting nor the header says otherwise. */
export const FORMAT_DELIMITER: Readonly<Record<RecordFormat, number>> = { csv: 44, tsv: 9, ndjson: -1 };

/** The dialect of a file that begins with `head`; what `given` does not say is what the format says. */
export function dialectOf(format: RecordFormat, head: Buffer, given: Partial<Dialect> = {}): Dialect {
  return {
    delimiter: FORMAT_DELIMITER[format],
    newline: newlineOf(head),
    quote: format === "ndjson" ? NO_QUOTE : QUOTE,
    quoteEscape: "double",
    maxRecordBytes: MAX_RECORD_BYTES,
    ...given,
  };
}

/** Old Mac files end lines with CR only: those whose beginning holds CR but no LF. */
function newlineOf(head: Buffer): number {
  return !head.includes(LF) && head.includes(CR) ? CR : LF;
}
