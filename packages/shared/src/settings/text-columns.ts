import { z } from "zod";

/** Text columns that a row may have; each is one field read and one copy per row. */
const MAX_TEXT_COLUMNS = 32;

/** Name of a column of an input. */
export const columnName = z.string().min(1).max(256);

/** The column, or the columns in order, that make a row's text. */
export type TextColumns = string | readonly string[];

/** As a payload names them: a name, or a list of different names. */
export const textColumnsSchema = z.union([
  columnName,
  z
    .array(columnName)
    .min(1)
    .max(MAX_TEXT_COLUMNS)
    .refine((names) => new Set(names).size === names.length, "a text column stands twice"),
]);

/** The columns as a list, in order. */
export function textColumnList(text: TextColumns): readonly string[] {
  return typeof text === "string" ? [text] : text;
}

/**
 * The columns that a flag or a variable names: a JSON list of names, or one name as it is. Names may hold commas, so
 * a comma separates nothing.
 *
 * @example textColumnsOf('["subject","body"]') // ["subject", "body"]
 * @example textColumnsOf("subject, body") // "subject, body"
 */
export function textColumnsOf(setting: string): string | string[] {
  if (!setting.startsWith("[")) return setting;
  try {
    const parsed = z.array(z.string()).min(1).safeParse(JSON.parse(setting));
    if (!parsed.success) return setting;
    return parsed.data.length === 1 ? parsed.data[0]! : parsed.data;
  } catch {
    return setting;
  }
}

/**
 * What a flag that is given again adds up to: `--text-column subject --text-column body`.
 *
 * @example withTextColumn("body", "subject") // '["subject","body"]'
 */
export function withTextColumn(value: string, earlier: string | undefined): string {
  if (earlier === undefined) return value;
  const names = [earlier, value].flatMap((given) => textColumnList(textColumnsOf(given)));
  return JSON.stringify(names);
}

/** The columns in a message: `column "text"`, `columns "subject", "body"`. */
export function describeTextColumns(text: TextColumns): string {
  const names = textColumnList(text);
  const listed = names.map((column) => JSON.stringify(column)).join(", ");
  return `${names.length === 1 ? "column" : "columns"} ${listed}`;
}
