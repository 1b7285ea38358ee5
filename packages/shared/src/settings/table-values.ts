/** How the records of a file are written. */
export const FILE_FORMATS = ["csv", "tsv", "ndjson"] as const;
/** How a quote inside a quoted field is written: doubled, or also behind a backslash (Spark, MySQL). */
export const QUOTE_ESCAPES = ["double", "backslash"] as const;
/** Which texts and labels count as missing: pandas' list (`NA`, `null`, ...), or only blank ones. */
export const MISSING_VALUES = ["pandas", "empty"] as const;
/** What may stand between fields. */
export const DELIMITER = /^[^"\r\n\\\u0080-\uffff]$/u;
/** What may stand around a quoted field. */
export const QUOTE_CHARACTER = /^["'`]$/;
/** Columns of a file, at most. */
export const MAX_COLUMNS = 10_000;
/** Largest record a reader accepts, in bytes. */
export const MAX_RECORD_BYTES = 1_048_576;

/**
 * The name that an encoding goes by (WHATWG), for example `windows-1252` for `latin1`.
 * @returns undefined if `TextDecoder` does not know it
 */
export function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
