import type { RecordFormat } from "@colaml/shared/tables/dialect";

const NEEDS_QUOTES: Record<"csv" | "tsv", RegExp> = { csv: /[",\r\n]/, tsv: /["\t\r\n]/ };
/** What a spreadsheet takes for the start of a formula (OWASP), TAB and CR included. */
const FORMULA_START = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A cell of a delimited file: quoted where it has to be. */
export function formatCell(value: string, format: "csv" | "tsv"): string {
  return NEEDS_QUOTES[format].test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The value a spreadsheet shows as text: `'` before what it would run as a formula; numbers stay as they are. */
export function defuseFormula(value: string): string {
  return FORMULA_START.test(value) && !NUMBER.test(value) ? `'${value}` : value;
}

export const DELIMITER: Record<Exclude<RecordFormat, "ndjson">, string> = { csv: ",", tsv: "\t" };
