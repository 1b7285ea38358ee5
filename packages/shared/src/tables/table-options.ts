import { formatOf } from "../data/file-format";
import type { Dataset } from "../jobs/names";
import { NO_QUOTE, QUOTE, type QuoteEscape, type RecordFormat } from "./dialect";
import { encodingOf } from "./encoding-name";

/** How the file of a dataset is read, its defaults filled in. */
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
  missingValues: "pandas" | "empty";
}

/** What a dataset says of its file, and the defaults for what it does not say. */
export function tableOptions(dataset: Dataset): TableOptions {
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

function quoteOf(quote: Dataset["quote"], format: RecordFormat): number {
  if (format === "ndjson" || quote === "none") return NO_QUOTE;
  return quote === undefined ? QUOTE : quote.charCodeAt(0);
}
