import { z } from "zod";
import { type Entry, oneOf, text, toNumber } from "./setting-kinds";
import { DELIMITER, encodingOf, FILE_FORMATS, MISSING_VALUES, QUOTE_ESCAPES } from "./table-values";

/** What an input is, as a file's name would say. */
const INPUT_FORMATS = FILE_FORMATS.flatMap((format) => [format, `${format}.gz`, `${format}.zst`]);

/** Rows that may be rejected: less than half of them unless it is set. */
const maxRejected: Entry<number, never, never> = {
  doc: "Refuse if more rows are rejected: a count, or a share below 1 that must not be reached",
  env: "COLAML_MAX_REJECTED",
  default: 0.5,
  allowed: "a count, or a share below 1",
  type: z
    .number()
    .min(0)
    .refine((value) => value < 1 || Number.isInteger(value), "a count, or a share below 1"),
  read: toNumber,
};

/** How input files are read, whatever command reads them. */
export const dataSettings = {
  inputFormat: oneOf({
    doc: "Format of input files, and of stdin with .gz or .zst; empty: by the file's name",
    env: "COLAML_INPUT_FORMAT",
    default: "",
    choices: ["", ...INPUT_FORMATS],
  }),
  encoding: {
    ...text({
      doc: "Encoding of input files, as TextDecoder knows it",
      env: "COLAML_ENCODING",
      default: "utf-8",
    }),
    allowed: "an encoding that TextDecoder knows, for example utf-8, windows-1252, utf-16le or shift_jis",
    type: z.string().refine((label) => encodingOf(label) !== undefined),
  },
  delimiter: {
    ...text({
      doc: "Character between fields, or tab; empty: by the header",
      env: "COLAML_DELIMITER",
      default: "",
    }),
    allowed: 'one ASCII character (no quote, backslash or line end), or "tab"',
    type: z.string().refine((value) => value === "" || DELIMITER.test(value)),
    read: (given: unknown) => (given === "tab" || given === "\\t" ? "\t" : given),
  },
  quote: oneOf({
    doc: "Character around quoted fields; none: a quote is a character like any other",
    env: "COLAML_QUOTE",
    default: '"',
    choices: ['"', "'", "`", "none"],
  }),
  quoteEscape: oneOf({
    doc: "How a quote inside quotes is written: doubled, or behind a backslash as well (Spark, MySQL)",
    env: "COLAML_QUOTE_ESCAPE",
    default: "double",
    choices: QUOTE_ESCAPES,
  }),
  columns: text({
    doc: "Columns in order, by comma, of input files without a header; empty: the first line is the header",
    env: "COLAML_COLUMNS",
    default: "",
  }),
  missingValues: oneOf({
    doc: "Texts and labels that count as missing: pandas' list (NA, null, None, nan, ...), or only blank ones",
    env: "COLAML_MISSING_VALUES",
    default: "pandas",
    choices: MISSING_VALUES,
  }),
  maxRejected,
};
