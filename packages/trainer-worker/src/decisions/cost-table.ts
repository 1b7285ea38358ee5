import { ColaError } from "@colaml/shared/errors/cola-error";
import { namedClasses } from "@colaml/shared/learning/model/named-classes";
import type { CostMatrix } from "@colaml/shared/settings/decision-settings";

/**
 * Costs by class index: of a row of the first class decided as the second. What the matrix does not name is 0 for the
 * right class and 1 for a wrong one.
 *
 * @throws ColaError PARAMETER_INVALID for a class that the model does not have
 */
export function costTable(matrix: CostMatrix, classes: readonly string[]): number[][] {
  const known = new Set(classes);
  const named = Object.entries(matrix).flatMap(([actual, row]) => [actual, ...Object.keys(row)]);
  const unknown = named.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new ColaError(
      "PARAMETER_INVALID",
      `cost_matrix names ${JSON.stringify(unknown)}, which is not a class of the data: its classes are ${namedClasses(classes)}`,
    );
  }
  const costs = new Map(
    Object.entries(matrix).map(([actual, row]) => [actual, new Map(Object.entries(row))]),
  );
  return classes.map((actual, i) =>
    classes.map((decided, j) => costs.get(actual)?.get(decided) ?? (i === j ? 0 : 1)),
  );
}
