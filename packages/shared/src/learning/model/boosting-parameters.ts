import { ColaError } from "../../errors/cola-error";
import { type BoostingSettings, boostingSchema } from "../../settings/boosting-settings";
import type { TreeMethod } from "./training-memory";

/**
 * Checks settings by name, type and range, for callers that did not come through a job's payload.
 * @throws ColaError PARAMETER_INVALID naming the setting, its value and what is allowed
 */
export function checkBoostingSettings(settings: BoostingSettings): BoostingSettings {
  const parsed = boostingSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = issue.path.join(".") || "boosting";
  const value: unknown = issue.path.length > 0 ? Reflect.get(settings, issue.path[0]!) : settings;
  throw new ColaError("PARAMETER_INVALID", `${name} = ${JSON.stringify(value)}: ${issue.message}`);
}

/**
 * The settings under XGBoost's names, as the strings its C interface takes. `base_score` is set so that rows
 * start from margin 0: 0.5 as a probability for two classes, 0 as a margin for more.
 */
export function xgboostParameters(
  settings: BoostingSettings,
  nClasses: number,
  treeMethod: TreeMethod,
): [name: string, value: string][] {
  const binary = nClasses === 2;
  const objective: [string, string][] = binary
    ? [
        ["objective", "binary:logistic"],
        ["base_score", "0.5"],
      ]
    : [
        ["objective", "multi:softprob"],
        ["num_class", String(nClasses)],
        ["base_score", "0"],
      ];
  return [
    ...objective,
    ["booster", "gbtree"],
    ["tree_method", treeMethod],
    ["eta", String(settings.learning_rate)],
    ["max_depth", String(settings.depth)],
    ["lambda", String(settings.l2_leaf_reg)],
    ["seed", String(settings.random_seed)],
    ["silent", "1"],
    ["nthread", "1"],
  ];
}

function namedWeight(name: string, weights: Record<string, number>, known: ReadonlySet<string>): void {
  if (known.has(name)) return;
  const allowed = [...known].join(", ");
  throw new ColaError(
    "PARAMETER_INVALID",
    `class_weights: ${name} = ${weights[name]}: no such class (${allowed})`,
  );
}

/**
 * The weight of each class, in the order of `classes`: 1 by `none`; n / (classes x rows of the class) by
 * `balanced`, as scikit-learn's `compute_class_weight`; a class that has no row, or that the setting does not
 * name, keeps 1.
 * @throws ColaError PARAMETER_INVALID for a weight of a class there is not
 */
export function classWeights(
  setting: BoostingSettings["class_weights"],
  classes: readonly string[],
  labels: ArrayLike<number>,
): Float64Array {
  const weights = new Float64Array(classes.length).fill(1);
  if (setting === "none") return weights;
  if (setting === "balanced") {
    const counts = new Float64Array(classes.length);
    for (let row = 0; row < labels.length; row++) counts[labels[row]!]!++;
    return weights.map((_, k) => (counts[k]! > 0 ? labels.length / (classes.length * counts[k]!) : 1));
  }
  const known = new Set(classes);
  for (const name of Object.keys(setting)) namedWeight(name, setting, known);
  const named = new Map(Object.entries(setting));
  return weights.map((_, k) => named.get(classes[k]!) ?? 1);
}
