import { ColaError } from "../errors/cola-error";

const LISTED = 30;
const MAX_NAME = 40;
const MAX_WORDS = 4;
/** Begins with a letter or `_` (a pandas index has no name); holds no sentence's punctuation. */
const NAME = /^$|^[\p{L}_][\p{L}\p{M}\p{N}_ .:/()#%&+-]*$/u;
/** Four words are a name in title case (`Date of Last Contact`); else they are a sentence. */
const TITLE =
  /^[\p{Lu}\p{N}(#][^\s]*(?:\s+(?:[\p{Lu}\p{N}(#&][^\s]*|of|in|at|to|the|and|for|per|by|de|del|la))+$/u;
/** Whose column it is, is not known here. */
const NAMED_BY = "--text-column, --label-column, --id-column and --pass-through name those of the file";
const VALUE = /^(true|false|yes|no|nan|null|none)$/i;

/**
 * Whether fields read as column names. The first row of a file without a header holds somebody's text, which must
 * not end up in a message or a log: names are short, begin with a letter, and are neither sentences nor values.
 */
export function looksLikeHeader(fields: readonly string[]): boolean {
  if (new Set(fields).size < fields.length - 1) return false;
  return fields.every(
    (field) =>
      field.length <= MAX_NAME &&
      NAME.test(field.trim()) &&
      !VALUE.test(field.trim()) &&
      !/\.{2}|\.\s|[.:]$/.test(field) &&
      isNameByWords(field.trim()),
  );
}

function isNameByWords(field: string): boolean {
  const words = field.split(/\s+/).length;
  return words < MAX_WORDS || (words === MAX_WORDS && TITLE.test(field));
}

/** The columns of a file in words, cut if they are many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => (name === "" ? "(unnamed)" : JSON.stringify(name)));
  return names.length > LISTED ? `${shown.join(", ")} and ${names.length - LISTED} more` : shown.join(", ");
}

/** The error of a column that a file does not have. Lists its columns if they are names and not a row of data. */
export function columnNotFound(path: string, column: string, names: readonly string[]): ColaError {
  if (!looksLikeHeader(names)) {
    const fields = names.length === 1 ? "1 field" : `${names.length} fields`;
    return new ColaError(
      "COLUMN_NOT_FOUND",
      `${path} has no column ${JSON.stringify(column)}: its first line (${fields}) does not read as column names. ` +
        "If the file has no header, name its columns in order with --columns a,b,c; if fields are separated by another character, give --delimiter",
      { details: { column } },
    );
  }
  return new ColaError(
    "COLUMN_NOT_FOUND",
    `${path} has no column ${JSON.stringify(column)}; it has: ${listed(names)} (${NAMED_BY})`,
    { details: { column, columns: names.slice(0, LISTED) } },
  );
}

/**
 * Position of a column.
 * @throws ColaError COLUMN_NOT_FOUND listing the columns there are, or saying that the name occurs twice
 */
export function columnIndex(names: readonly string[], column: string, path: string): number {
  const position = names.indexOf(column);
  if (position < 0) throw columnNotFound(path, column, names);
  if (names.indexOf(column, position + 1) >= 0) {
    throw new ColaError(
      "COLUMN_NOT_FOUND",
      `${path} has more than one column ${JSON.stringify(column)}: rename one`,
      { details: { column } },
    );
  }
  return position;
}
