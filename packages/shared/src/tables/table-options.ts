import { encodingOf } from "../settings/table-values";
import { NO_QUOTE, QUOTE, type QuoteEscape, type RecordFormat } from "./dialect";
import { formatOf } from "./file-format";
import type { MissingValues } from "./missing-values";

/** A tabular file as somebody names it: what is absent is taken from its name and its header. */
export interface TableFile {
  path: string;
  format?: RecordFormat | undefined;
  encoding?: string | undefined;
  delimiter?: string | undefined;
  quote?: string | undefined;
  quoteEscape?: QuoteEscape | undefined;
  columnNames?: string[] | undefined;
  missingValues?: MissingValues | undefined;
}

/** How a file is read, its defaults filled in. */
export interface TableOptions {
  path: string;
  format: RecordFormat;
  /** WHATWG name, lower case. */
  encoding: string;
  /** One character; undefined: recognised from the header. */
  delimiter: string | undefined;
  /** Byte around quoted fields; -1: none. */
  quote: number;
  quoteEscape: QuoteEscape;
  /** Names of the columns of a file without a header; undefined: the first record is the header. */
  columnNames: readonly string[] | undefined;
  missingValues: MissingValues;
}

/** What is said of a file, and the defaults for what is not. */
export function tableOptions(dataset: TableFile): TableOptions {
  const format = formatOf(dataset);
  return {
    path: dataset.path,
    format,
    encoding: (dataset.encoding && encodingOf(dataset.encoding)) ?? "utf-8",
    delimiter: dataset.delimiter,
    quote: quoteOf(dataset.quote, format),
    quoteEscape: dataset.quoteEscape ?? "double",
    columnNames: dataset.columnNames,
    missingValues: dataset.missingValues ?? "pandas",
  };
}

function quoteOf(quote: TableFile["quote"], format: RecordFormat): number {
  if (format === "ndjson" || quote === "none") return NO_QUOTE;
  return quote === undefined ? QUOTE : quote.charCodeAt(0);
}
