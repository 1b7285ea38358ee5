import { type TextColumns, textColumnList } from "../settings/text-columns";
import { columnIndex } from "./column-names";

/** Columns to read, by name. Records without a text, or without a label, are rejected if these are given. */
export interface ReadColumns {
  /** Several are joined into one text, see `joinedText`. */
  text?: TextColumns;
  label?: string;
  /** If the file has no such column, record numbers from 1 serve. */
  id?: string;
  /** Further columns, as they are, blank ones included. */
  others?: readonly string[];
}

/** Positions of the columns in a file's header; -1 for those not read. */
export interface ColumnPositions {
  /** Empty if no text is read. */
  texts: number[];
  label: number;
  id: number;
  others: number[];
}

/** The columns that a file must have. */
export function requiredColumns({ text, label, others = [] }: ReadColumns): string[] {
  const texts = text === undefined ? [] : textColumnList(text);
  return [...texts, label, ...others].filter((column) => column !== undefined);
}

/**
 * Where the columns are.
 * @throws ColaError COLUMN_NOT_FOUND, which lists the columns there are
 */
export function locateColumns(path: string, names: readonly string[], columns: ReadColumns): ColumnPositions {
  const positionOf = (column: string | undefined) =>
    column === undefined ? -1 : columnIndex(names, column, path);
  return {
    texts: columns.text === undefined ? [] : textColumnList(columns.text).map(positionOf),
    label: positionOf(columns.label),
    id: positionOf(columns.id !== undefined && names.includes(columns.id) ? columns.id : undefined),
    others: (columns.others ?? []).map(positionOf),
  };
}
