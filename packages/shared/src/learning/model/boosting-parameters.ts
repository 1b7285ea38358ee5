import { ColaError } from "../../errors/cola-error";
import {
  type BoostingRequest,
  type BoostingSettings,
  boostingSchema,
} from "../../settings/boosting-settings";
import type { TreeMethod } from "./training-memory";

type Parameters = [name: string, value: string][];

/** Objective and starting margin (0, as the probability 0.5) of a model that tells two classes apart. */
const BINARY: Parameters = [
  ["objective", "binary:logistic"],
  ["base_score", "0.5"],
];

/**
 * Checks settings by name, type and range, for callers that did not come through a job's payload.
 * @throws ColaError PARAMETER_INVALID naming the setting, its value and what is allowed
 */
export function checkBoostingSettings(settings: BoostingRequest): BoostingSettings {
  const parsed = boostingSchema.safeParse(settings);
  if (parsed.success) {
    const { reg_lambda, ...checked } = parsed.data;
    if (reg_lambda !== "auto") return { ...checked, ...(reg_lambda === undefined ? {} : { reg_lambda }) };
    throw new ColaError(
      "PARAMETER_INVALID",
      'reg_lambda = "auto": only a training chooses it, give a number',
    );
  }
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
  settings: Omit<BoostingSettings, "reg_lambda">,
  nClasses: number,
  treeMethod: TreeMethod,
): Parameters {
  const objective: Parameters =
    nClasses === 2
      ? BINARY
      : [
          ["objective", "multi:softprob"],
          ["num_class", String(nClasses)],
          ["base_score", "0"],
        ];
  return [
    ...objective,
    ["booster", "gbtree"],
    ["tree_method", treeMethod],
    ...maxBin(settings),
    ["max_depth", String(settings.depth)],
    ["lambda", String(settings.l2_leaf_reg)],
    ...commonParameters(settings),
  ];
}

/** A model that was trained by an older release's payload has none: XGBoost's own default. */
function maxBin({ max_bin }: Pick<BoostingSettings, "max_bin">): Parameters {
  return max_bin === undefined ? [] : [["max_bin", String(max_bin)]];
}

/**
 * The settings of a linear model of one class against all others under XGBoost's names. Coordinate descent in the
 * order of the features: each round passes over all of them once and gives the same weights every time.
 *
 * Today's XGBoost multiplies the penalties by the sum of the rows' weights (`DenormalizePenalties`), so that they mean
 * the same for any number of rows; XGBoost 0.7, which trains here, takes them as they are. So it is done here.
 *
 * @param sumOfWeights of the training rows; their number if they have no weights
 */
export function linearParameters(settings: BoostingSettings, sumOfWeights: number): Parameters {
  const penalty = (perRow = 0) => String(Math.fround(perRow * sumOfWeights));
  return [
    ...BINARY,
    ["booster", "gblinear"],
    ["updater", "coord_descent"],
    ["lambda", penalty(settings.reg_lambda)],
    ["alpha", penalty(settings.reg_alpha)],
    ...commonParameters(settings),
  ];
}

function commonParameters({
  learning_rate,
  random_seed,
}: Pick<BoostingSettings, "learning_rate" | "random_seed">): Parameters {
  return [
    ["eta", String(learning_rate)],
    ["seed", String(random_seed)],
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
