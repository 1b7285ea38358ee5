import { isMissing, type MissingValues } from "./missing-values";

/** What stands between the parts of a text that several columns make. */
export const PART_END = "\n";

/**
 * The text of a row: its text columns in order, a line end between them; a part that is missing is empty.
 *
 * @returns undefined if every part is missing: the row has no text
 * @example joinedText(["Refund", "NA", "where is it"], "pandas") // "Refund\n\nwhere is it"
 */
export function joinedText(parts: readonly string[], rule: MissingValues): string | undefined {
  const [only] = parts;
  if (parts.length === 1) return isMissing(only!, rule) ? undefined : only!;
  const kept = parts.map((part) => (isMissing(part, rule) ? "" : part));
  return kept.every((part) => part === "") ? undefined : kept.join(PART_END);
}
