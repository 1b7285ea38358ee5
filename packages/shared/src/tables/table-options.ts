import { formatOf } from "../data/file-format";
import type { Dataset } from "../jobs/names";
import type { QuoteEscape, RecordFormat } from "./dialect";
import { encodingOf } from "./encoding-name";

/** How the file of a dataset is read, its defaults filled in. */
export interface TableOptions {
  path: string;
  format: RecordFormat;
  /** WHATWG name, lower case. */
  encoding: string;
  /** One character; undefined: recognised from the header. */
  delimiter: string | undefined;
  quoteEscape: QuoteEscape;
  /** Names of the columns of a file without a header; undefined: the first record is the header. */
  columnNames: readonly string[] | undefined;
  missingValues: "pandas" | "empty";
}

/** What a dataset says of its file, and the defaults for what it does not say. */
export function tableOptions(dataset: Dataset): TableOptions {
  return {
    path: dataset.path,
    format: formatOf(dataset),
    encoding: (dataset.encoding && encodingOf(dataset.encoding)) ?? "utf-8",
    delimiter: dataset.delimiter,
    quoteEscape: dataset.quoteEscape ?? "double",
    columnNames: dataset.columnNames,
    missingValues: dataset.missingValues ?? "pandas",
  };
}
