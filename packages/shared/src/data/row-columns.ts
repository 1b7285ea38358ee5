import { ColaError } from "../errors/cola-error";

/** Columns to read, by name. Records without a text, or without a label, are rejected where these are given. */
export interface ReadColumns {
  text?: string;
  label?: string;
  /** Where the file has no such column, record numbers from 1 serve. */
  id?: string;
  /** Further columns, as they are, blank ones included. */
  others?: readonly string[];
}

/** Positions of the columns in a file's header; -1 for those not read. */
export interface ColumnPositions {
  text: number;
  label: number;
  id: number;
  others: number[];
}

const LISTED = 30;

/** The columns of a file in words, cut where they are many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => (name === "" ? "(unnamed)" : JSON.stringify(name)));
  return names.length > LISTED ? `${shown.join(", ")} and ${names.length - LISTED} more` : shown.join(", ");
}

/** The error of a column that a file does not have. */
export function columnNotFound(path: string, column: string, names: readonly string[]): ColaError {
  return new ColaError("COLUMN_NOT_FOUND", `${path} has no column "${column}"; it has: ${listed(names)}`, {
    details: { column, columns: names.slice(0, LISTED) },
  });
}

function positionOf(path: string, names: readonly string[], column: string | undefined): number {
  if (column === undefined) return -1;
  const position = names.indexOf(column);
  if (position < 0) throw columnNotFound(path, column, names);
  if (names.indexOf(column, position + 1) >= 0) {
    throw new ColaError("COLUMN_NOT_FOUND", `${path} has more than one column "${column}": rename one`);
  }
  return position;
}

/**
 * Where the columns are.
 * @throws ColaError COLUMN_NOT_FOUND, which lists the columns there are
 */
export function locateColumns(path: string, names: readonly string[], columns: ReadColumns): ColumnPositions {
  const id = columns.id !== undefined && names.includes(columns.id) ? columns.id : undefined;
  return {
    text: positionOf(path, names, columns.text),
    label: positionOf(path, names, columns.label),
    id: positionOf(path, names, id),
    others: (columns.others ?? []).map((column) => positionOf(path, names, column)),
  };
}
