import { oneOf, text } from "./setting-kinds";
import { DEFAULT_MAX_REJECTED, MISSING_VALUES, QUOTE_ESCAPES } from "./table-values";

/** What an input is, as a file's name would say. */
export const INPUT_FORMATS = ["csv", "tsv", "ndjson"].flatMap((format) => [
  format,
  `${format}.gz`,
  `${format}.zst`,
]);

/** How input files are read, whatever command reads them. */
export const dataSettings = {
  inputFormat: oneOf(
    "Format of input files, and of stdin with .gz or .zst; empty: by the file's name",
    "COLAML_INPUT_FORMAT",
    "",
    ["", ...INPUT_FORMATS],
  ),
  encoding: {
    ...text("Encoding of input files, as TextDecoder knows it", "COLAML_ENCODING", "utf-8"),
    format: "encoding",
  },
  delimiter: {
    ...text("Character between fields, or tab; empty: by the header", "COLAML_DELIMITER", ""),
    format: "delimiter",
  },
  quote: oneOf(
    "Character around quoted fields; none: a quote is a character like any other",
    "COLAML_QUOTE",
    '"',
    ['"', "'", "`", "none"],
  ),
  quoteEscape: oneOf(
    "How a quote inside quotes is written: doubled, or behind a backslash as well (Spark, MySQL)",
    "COLAML_QUOTE_ESCAPE",
    "double",
    [...QUOTE_ESCAPES],
  ),
  columns: text(
    "Columns in order, by comma, of input files without a header; empty: the first line is the header",
    "COLAML_COLUMNS",
    "",
  ),
  missingValues: oneOf(
    "Texts and labels that count as missing: pandas' list (NA, null, None, nan, ...), or only blank ones",
    "COLAML_MISSING_VALUES",
    "pandas",
    [...MISSING_VALUES],
  ),
  maxRejected: {
    doc: "Refuse if more rows are rejected: a count, or a share below 1 that must not be reached",
    env: "COLAML_MAX_REJECTED",
    default: DEFAULT_MAX_REJECTED,
    format: "count-or-share" as const,
  },
};
