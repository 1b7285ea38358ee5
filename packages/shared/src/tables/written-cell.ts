import { FORMAT_DELIMITER, type RecordFormat } from "./dialect";

/** Formats that are written as cells with delimiters between. */
export type CellFormat = Exclude<RecordFormat, "ndjson">;

/** What stands between cells. */
export const DELIMITER: Readonly<Record<CellFormat, string>> = {
  csv: String.fromCharCode(FORMAT_DELIMITER.csv),
  tsv: String.fromCharCode(FORMAT_DELIMITER.tsv),
};

const NEEDS_QUOTES: Readonly<Record<CellFormat, RegExp>> = { csv: /[",\r\n]/, tsv: /["\t\r\n]/ };

/**
 * A cell of a delimited file: quoted if it has to be, with quotes doubled (RFC 4180).
 *
 * @example formatCell('say "no"', "csv") // '"say ""no"""'
 */
export function formatCell(value: string, format: CellFormat): string {
  return NEEDS_QUOTES[format].test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
