import { isUtf8 } from "node:buffer";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { fieldText, readHeader } from "@colaml/shared/tables/header";
import { PANDAS_MISSING } from "@colaml/shared/tables/missing-values";
import { RecordScanner } from "@colaml/shared/tables/record-scanner";
import { checkRows, type Question, type Reading, textOfParts } from "./body-texts";

/** What stands for the body in the messages of the table reader. */
const BODY = "the body";
const MISSING = new Set(PANDAS_MISSING);

/** A cell is compared as it is written: a blank one is a text here, as for MLflow, which a file's reader would reject. */
const textOfCell = (cell: unknown) => (MISSING.has(cell as string) ? undefined : (cell as string));

/**
 * The texts of a `text/csv` body with a header, as `DataFrame.to_csv` writes it: the grammar of files, missing values as
 * pandas has them. What a file's reader would reject as one row refuses the whole body, since an answer has a row for
 * every row.
 *
 * @throws ColaError INPUT_EMPTY, INPUT_UNREADABLE, COLUMN_NOT_FOUND, INPUT_TOO_LARGE, JOB_INVALID naming the line
 */
export function csvQuestion(body: Buffer, { columns, maxRows }: Reading): Question {
  if (!isUtf8(body)) throw new ColaError("JOB_INVALID", "the body is not UTF-8");
  const header = readHeader(body, {
    path: BODY,
    format: "csv",
    quote: '"'.charCodeAt(0),
    quoteEscape: "double",
    delimiter: ",",
  });
  const at = columns.map((column) => columnAt(header.columns, column));
  const scanner = new RecordScanner(header.dialect, header.columns.length);
  scanner.open(body, header.dataStart);
  const texts: Question["texts"] = [];
  for (let status = scanner.next(); status !== "end"; status = scanner.next()) {
    const line = header.lines + scanner.line + 1;
    if (status !== "record") throw new ColaError("JOB_INVALID", `${BODY}, line ${line}: ${status}`);
    const { fieldCount } = scanner;
    if (fieldCount > header.columns.length) {
      const counts = `${fieldCount} fields, the header ${header.columns.length}`;
      throw new ColaError("JOB_INVALID", `${BODY}, line ${line} has ${counts}`);
    }
    if (isBlankLine(body, scanner)) continue;
    checkRows(texts.length + 1, maxRows);
    texts.push(
      textOfParts(
        at.map((field) => (field < fieldCount ? fieldText(body, scanner, field) : "")),
        textOfCell,
      ),
    );
  }
  return { texts, explain: 0 };
}

function columnAt(names: readonly string[], column: string): number {
  const at = names.indexOf(column);
  if (at >= 0) return at;
  const there = names
    .slice(0, 20)
    .map((name) => JSON.stringify(name.slice(0, 100)))
    .join(", ");
  throw new ColaError(
    "COLUMN_NOT_FOUND",
    `${BODY} has no column ${JSON.stringify(column)}: columns are ${there}`,
  );
}

/** pandas leaves out lines of spaces, as it does empty ones. */
function isBlankLine(body: Buffer, { fieldCount, quoted, recordStart, recordEnd }: RecordScanner): boolean {
  if (fieldCount !== 1 || quoted[0] === 1) return false;
  for (let i = recordStart; i < recordEnd; i++) if (body[i] !== 0x20 && body[i] !== 0x09) return false;
  return true;
}
