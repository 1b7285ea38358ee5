import type { Dataset } from "@colaml/shared/contracts/names";
import { normaliseLabel } from "@colaml/shared/tables/labels";
import { isMissing } from "@colaml/shared/tables/missing-values";

/**
 * What reads the labels of a file whose rows are scored: each as written, blank where a row has none. A class of the model is a
 * label even if it is called like a missing value, such as `None`: the model was trained to know it.
 */
export function rowLabels(
  { missingValues = "pandas" }: Pick<Dataset, "missingValues">,
  classes: Iterable<string>,
): (column: readonly string[]) => string[] {
  const known = new Set(classes);
  const isLabel = (raw: string) => !isMissing(raw, missingValues) || known.has(normaliseLabel(raw) ?? "");
  return (column) => column.map((raw) => (isLabel(raw) ? raw : ""));
}
