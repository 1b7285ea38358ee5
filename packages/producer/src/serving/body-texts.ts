import { ColaError } from "@colaml/shared/errors/cola-error";
import { joinedText } from "@colaml/shared/tables/joined-text";

/** What a body of MLflow's protocol asks. */
export interface Question {
  /** A text per row; undefined: the row has none, and gets no answer. */
  texts: (string | undefined)[];
  /** `params.explain`: words per row that explain its label; 0: none. */
  explain: number;
}

const FORMS = ["dataframe_split", "dataframe_records", "inputs", "instances"] as const;
/** Members that make MLflow take a body for one of a language model, whose members are columns. */
const LANGUAGE_MODEL_FORMS = ["messages", "input", "prompt"];
const SPLIT_MEMBERS = new Set(["columns", "index", "data"]);

/** As many as a `predict` job explains. */
const MAX_EXPLAIN = 20;

/** The text of a cell: number and boolean as they are written, undefined for what is not a text. */
export type TextOfCell = (cell: unknown) => string | undefined;

/** How a body is read. */
export interface Reading {
  /** The model's text columns, in order. */
  columns: readonly string[];
  /** Rows that are answered at once. A body of more is not read to its end. */
  maxRows: number;
}

type Columns = readonly string[];
type Table = Record<string, unknown>;

const invalid = (message: string) => new ColaError("JOB_INVALID", message);
const isObject = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The texts of a parsed JSON body, as `mlflow models serve` reads them from it.
 *
 * @throws ColaError JOB_INVALID, COLUMN_NOT_FOUND, INPUT_TOO_LARGE
 */
export function questionOf(body: unknown, reading: Reading, textOfCell: TextOfCell): Question {
  if (!isObject(body)) throw invalid(`a body is a JSON object with exactly one of ${FORMS.join(", ")}`);
  const forms = FORMS.filter((form) => Object.hasOwn(body, form));
  const foreign = LANGUAGE_MODEL_FORMS.find((form) => Object.hasOwn(body, form));
  if (foreign !== undefined || forms.length !== 1) {
    const found = foreign ?? (forms.length === 0 ? "none of them" : forms.join(" and "));
    throw invalid(`a body has exactly one of ${FORMS.join(", ")}: this one has ${found}`);
  }
  const [form] = forms as [(typeof FORMS)[number]];
  const explain = explainOf(body["params"]);
  const value = body[form];
  const { columns, maxRows } = reading;
  checkRows(rowsIn(value), maxRows);
  if (form === "dataframe_split") return { texts: splitTexts(value, columns, textOfCell), explain };
  if (form === "dataframe_records") {
    if (!Array.isArray(value)) throw invalid("dataframe_records is a list of records");
    return { texts: recordTexts(form, value, columns, textOfCell), explain };
  }
  return { texts: tensorTexts(form, value, columns, textOfCell), explain };
}

/** @throws ColaError INPUT_TOO_LARGE */
export function checkRows(rows: number, maxRows: number): void {
  if (rows <= maxRows) return;
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `at most ${maxRows} rows (COLAML_SERVE_MAX_ROWS) are answered at once; \`cola predict\` scores files of any size`,
  );
}

/** Rows of a list, or of the longest column of a table. */
function rowsIn(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>(
    (most, cells) => (Array.isArray(cells) ? Math.max(most, cells.length) : most),
    0,
  );
}

/** MLflow leaves out parameters that a model does not state; here a misspelt one is refused. */
function explainOf(params: unknown): number {
  if (params === undefined || params === null) return 0;
  if (!isObject(params)) throw invalid("params is an object: allowed is explain");
  const unknown = Object.keys(params).find((name) => name !== "explain");
  if (unknown !== undefined)
    throw invalid(`params has ${JSON.stringify(unknown.slice(0, 100))}: allowed is explain`);
  const explain = params["explain"] ?? 0;
  if (typeof explain === "number" && Number.isInteger(explain) && explain >= 0 && explain <= MAX_EXPLAIN)
    return explain;
  throw invalid(`params.explain is a whole number from 0 to ${MAX_EXPLAIN}`);
}

/** `{"columns": [...], "data": [[...]]}`, as `DataFrame.to_dict(orient="split")` has it. */
function splitTexts(value: unknown, columns: Columns, textOfCell: TextOfCell): Question["texts"] {
  if (!isObject(value)) throw invalid("dataframe_split is an object with data, columns and index");
  const odd = Object.keys(value).find((name) => !SPLIT_MEMBERS.has(name));
  if (odd !== undefined) throw invalid(`dataframe_split has data, columns and index, and no ${shown(odd)}`);
  const { data, columns: names = [], index } = value;
  if (!Array.isArray(data)) throw invalid("dataframe_split.data is a list of rows");
  if (!Array.isArray(names)) throw invalid("dataframe_split.columns is a list of names");
  if (Array.isArray(index) && index.length !== data.length)
    throw invalid(`dataframe_split has ${data.length} rows and ${index.length} entries of index`);
  const at = columns.map((column) => columnAt(names, column));
  const rows = rowsOf(data, names.length);
  return rows.map((row) =>
    textOfParts(
      at.map((i) => row[i]),
      textOfCell,
    ),
  );
}

function columnAt(names: readonly unknown[], column: string): number {
  const at = names.indexOf(column);
  if (at < 0) throw missing("dataframe_split", column);
  if (names.indexOf(column, at + 1) < 0) return at;
  throw invalid(`dataframe_split has the column ${shown(column)} twice`);
}

/** Rows as lists; in a frame of one column a cell may stand by itself. A row that is too short ends in nulls, as in pandas. */
function rowsOf(data: readonly unknown[], width: number): readonly (readonly unknown[])[] {
  if (width === 1 && data.length > 0 && !data.some(Array.isArray)) return data.map((cell) => [cell]);
  let widest = 0;
  for (const row of data) {
    if (!Array.isArray(row)) throw invalid("dataframe_split.data is a list of rows, and each row a list");
    widest = Math.max(widest, row.length);
  }
  if (data.length > 0 && widest !== width)
    throw invalid(`dataframe_split has ${width} columns, and rows of ${widest}`);
  return data as unknown[][];
}

/** `[{"text": "..."}, ...]`: a column that some records lack is null there; one that all lack is missing. */
function recordTexts(
  form: string,
  records: readonly unknown[],
  columns: Columns,
  textOfCell: TextOfCell,
): Question["texts"] {
  if (!records.every(isObject)) throw invalid(`${form} is a list of records, which are objects`);
  const lacking = columns.find((column) => !records.some((record) => Object.hasOwn(record, column)));
  if (lacking !== undefined) throw missing(form, lacking);
  return records.map((record) => textOfRecord(record, columns, textOfCell));
}

/** A list of texts, a list of records, or an object with a list per column. */
function tensorTexts(
  form: string,
  value: unknown,
  columns: Columns,
  textOfCell: TextOfCell,
): Question["texts"] {
  if (isObject(value)) return columnTexts(form, value, columns, textOfCell);
  if (!Array.isArray(value)) throw invalid(`${form} is a list, or an object with a list per column`);
  if (value.some(isObject)) return recordTexts(form, value, columns, textOfCell);
  // a list has no column names: for a text of several columns they are needed
  if (columns.length > 1) throw missing(form, columns[0]!);
  const lists = value.filter(Array.isArray).length;
  if (lists > 0 && lists < value.length) throw invalid(`${form} mixes lists and texts`);
  return value.map(textOfCell);
}

/** `{"text": ["...", ...]}`; a value that is not a list stands for every row. */
function columnTexts(
  form: string,
  table: Table,
  columns: Columns,
  textOfCell: TextOfCell,
): Question["texts"] {
  const lacking = columns.find((column) => !Object.hasOwn(table, column));
  if (lacking !== undefined) throw missing(form, lacking);
  const lengths = new Set(
    Object.values(table).flatMap((cells) => (Array.isArray(cells) ? [cells.length] : [])),
  );
  if (lengths.size > 1)
    throw invalid(`${form} has columns of ${[...lengths].slice(0, 3).join(" and ")} rows`);
  const [rows = 1] = lengths;
  return Array.from({ length: rows }, (_, row) =>
    textOfParts(
      columns.map((column) => {
        const cells = table[column];
        return Array.isArray(cells) ? (cells as unknown[])[row] : cells;
      }),
      textOfCell,
    ),
  );
}

const textOfRecord = (record: Table, columns: Columns, textOfCell: TextOfCell) =>
  textOfParts(
    columns.map((column) => (Object.hasOwn(record, column) ? record[column] : undefined)),
    textOfCell,
  );

/** One part is the text as it is, blank or not. Of several, what is missing or blank is empty, and not all may be. */
export function textOfParts(parts: readonly unknown[], textOfCell: TextOfCell): string | undefined {
  if (parts.length === 1) return textOfCell(parts[0]);
  return joinedText(
    parts.map((part) => textOfCell(part) ?? ""),
    "empty",
  );
}

const missing = (form: string, column: string) =>
  new ColaError("COLUMN_NOT_FOUND", `${form} has no column ${shown(column)}`);
const shown = (name: string) => JSON.stringify(name.slice(0, 100));
