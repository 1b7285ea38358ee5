import { type Calibration, createCalibrate } from "@colaml/shared/learning/model/calibration";
import type { DecisionSettings } from "@colaml/shared/settings/decision-settings";
import type { ScoredRows } from "../scoring/scored-rows";
import { type CalibrationMethod, fitCalibration, type Turn } from "./fit-calibration";
import { stratifiedFolds } from "./stratified-folds";

/** Parts of the validation rows: each is judged by what the others fitted. */
const FOLDS = 5;
const METHODS = ["sigmoid", "isotonic"] as const;
/** Standard errors of a gain that is beyond chance: one-sided, at 5%. */
const BEYOND_CHANCE = 1.645;
/** As scikit-learn's `log_loss` clips. */
const EPSILON = 2.220446049250313e-16;

export interface ChosenCalibration {
  /** Fitted on all validation rows; absent: the probabilities stay as they are. */
  calibration?: Calibration;
  /** Validation rows, each calibrated by rows of other folds: what an honest metric is of. */
  crossFitted: Float64Array;
  /** Log loss of the validation rows: as they are, and by each method tried, cross-fitted. */
  logLoss: { none: number } & Partial<Record<CalibrationMethod, number>>;
  /** Why nothing is calibrated although it was asked for, in one line. */
  reason?: string;
}

/**
 * Fits the calibration that was asked for; `auto`: the one of the lowest log loss, none if no method lowers it beyond
 * chance (row by row, the mean gain against its standard error). The methods are compared by cross-fitting, as a method
 * that saw the rows it is judged on always looks better.
 *
 * @param validation rows that the model was not trained on, with its own probabilities
 */
export async function chooseCalibration(
  wanted: Exclude<DecisionSettings["calibration"], "none">,
  validation: ScoredRows,
  classes: readonly string[],
  seed: number,
  turn: Turn,
): Promise<ChosenCalibration> {
  const { classOf, probabilities } = validation;
  const losses = (of: Float64Array) => rowLosses(classOf, of, classes.length);
  const before = losses(probabilities);
  const logLoss: ChosenCalibration["logLoss"] = { none: meanOf(before) };
  const small = tooSmall(classOf, classes);
  if (small !== undefined) return { crossFitted: probabilities, logLoss, reason: small };
  const folds = stratifiedFolds(classOf, classes.length, FOLDS, seed);
  let best: { method: CalibrationMethod; crossFitted: Float64Array } | undefined;
  for (const method of wanted === "auto" ? METHODS : ([wanted] as const)) {
    const crossFitted = await crossFit(method, validation, classes.length, folds, turn);
    if (crossFitted === undefined) continue;
    const after = losses(crossFitted);
    const value = meanOf(after);
    logLoss[method] = value;
    const isLeast = best === undefined || value < logLoss[best.method]!;
    if (wanted !== "auto" || (isLeast && gainsBeyondChance(before, after))) best = { method, crossFitted };
  }
  const all = Uint32Array.from(classOf.keys());
  const calibration = best && (await fitCalibration(best.method, validation, classes.length, all, turn));
  if (best && calibration) return { calibration, crossFitted: best.crossFitted, logLoss };
  const reason =
    wanted === "auto"
      ? "no method lowers the log loss of the validation rows beyond chance"
      : "the scores of a class do not rise with its share";
  return { crossFitted: probabilities, logLoss, reason };
}

/** Log loss of each row. */
function rowLosses(classOf: ArrayLike<number>, probabilities: Float64Array, nClasses: number): Float64Array {
  return Float64Array.from(classOf, (actual, row) => {
    const p = probabilities[row * nClasses + actual]!;
    return -Math.log(Math.min(Math.max(p, EPSILON), 1 - EPSILON));
  });
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function gainsBeyondChance(before: Float64Array, after: Float64Array): boolean {
  const gains = before.map((loss, row) => loss - after[row]!);
  const mean = meanOf(gains);
  const variance = meanOf(gains.map((gain) => (gain - mean) ** 2));
  return mean > BEYOND_CHANCE * Math.sqrt(variance / gains.length);
}

/** Why the rows are too few, in one line: every fold must hold a row of every class. */
function tooSmall(classOf: ArrayLike<number>, classes: readonly string[]): string | undefined {
  const rows = new Array<number>(classes.length).fill(0);
  for (let row = 0; row < classOf.length; row++) rows[classOf[row]!]!++;
  const k = rows.findIndex((count) => count < FOLDS);
  if (k < 0) return undefined;
  return `class ${JSON.stringify(classes[k])} has ${rows[k]} validation rows, ${FOLDS} are needed`;
}

/** Probabilities of each row by a calibration that the other folds fitted; undefined if one of them has no fit. */
async function crossFit(
  method: CalibrationMethod,
  validation: ScoredRows,
  nClasses: number,
  folds: Uint8Array,
  turn: Turn,
): Promise<Float64Array | undefined> {
  const { probabilities } = validation;
  const result = new Float64Array(probabilities.length);
  const all = Uint32Array.from(folds.keys());
  for (let fold = 0; fold < FOLDS; fold++) {
    const others = all.filter((row) => folds[row] !== fold);
    const calibration = await fitCalibration(method, validation, nClasses, others, turn);
    if (calibration === undefined) return undefined;
    const calibrate = createCalibrate(calibration);
    for (const row of all.filter((each) => folds[each] === fold)) {
      const of = result.subarray(row * nClasses, (row + 1) * nClasses);
      of.set(probabilities.subarray(row * nClasses, (row + 1) * nClasses));
      calibrate(of);
    }
  }
  return result;
}
