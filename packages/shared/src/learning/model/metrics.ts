import { type ClassScores, classScores, confusionMatrix } from "./confusion-matrix";
import { predictedClasses } from "./predicted-class";
import { rocAuc } from "./roc-auc";

/** Metrics under the names of `mlflow.models.evaluate`; one that cannot be computed is absent and named in `absent`. */
export interface ClassificationMetrics {
  accuracy_score?: number;
  precision_score?: number;
  recall_score?: number;
  f1_score?: number;
  /** F1 of each class, averaged without weights: a small class counts as much as a large one. */
  macro_f1?: number;
  roc_auc?: number;
  log_loss?: number;
  /** Metric name -> why it could not be computed. */
  absent?: Record<string, string>;
}

/** Labels and probabilities of the same rows. */
export interface Scored {
  classes: readonly string[];
  /** Class index of each row. */
  labels: ArrayLike<number>;
  /** nRows x nClasses, row-major. */
  probabilities: Float64Array;
}

/** scikit-learn clips probabilities to the epsilon of float64 in log_loss. */
const EPSILON = 2.220446049250313e-16;

/** How the scores of more than two classes become one: their mean, or weighted by their rows. */
export type Average = "weighted" | "macro";

const NAMES = [
  "accuracy_score",
  "precision_score",
  "recall_score",
  "f1_score",
  "macro_f1",
  "roc_auc",
  "log_loss",
] as const satisfies (keyof ClassificationMetrics)[];

/**
 * The metrics of `mlflow.models.evaluate`, equal to scikit-learn's: for two classes of the positive one
 * (`classes[1]`), for more averaged (by default weighted by support, as MLflow has it), AUC one against the rest.
 * `macro_f1` is `f1_score(average="macro")` of any number of classes.
 * What cannot be computed is left out and named in `absent`.
 */
export function classificationMetrics(scored: Scored, average: Average = "weighted"): ClassificationMetrics {
  const { classes, labels } = scored;
  if (labels.length === 0)
    return { absent: Object.fromEntries(NAMES.map((name) => [name, "there is no row"])) };
  const absent: Record<string, string> = {};
  const matrix = confusionMatrix(
    labels,
    predictedClasses(scored.probabilities, classes.length),
    classes.length,
  );
  const perClass = classes.map((_, index) => classScores(matrix, index));
  const averaged = classes.length === 2 ? perClass[1]! : averageScores(perClass, average);
  let hits = 0;
  for (let i = 0; i < classes.length; i++) hits += matrix.counts[i * classes.length + i]!;
  const metrics: ClassificationMetrics = { accuracy_score: hits / labels.length, log_loss: logLoss(scored) };
  const subject = classes.length === 2 ? `class ${classes[1]}` : "a class";
  if (averaged.precision === undefined)
    absent["precision_score"] = `no row was predicted to be of ${subject}`;
  else metrics.precision_score = averaged.precision;
  if (averaged.recall === undefined) absent["recall_score"] = `no row is of ${subject}`;
  else metrics.recall_score = averaged.recall;
  if (averaged.f1 === undefined) absent["f1_score"] = `no row is, or was predicted to be, of ${subject}`;
  else metrics.f1_score = averaged.f1;
  const macro = averageScores(perClass, "macro").f1;
  if (macro !== undefined) metrics.macro_f1 = macro;
  const auc = areaUnderRoc(scored, average);
  if (auc === undefined) absent["roc_auc"] = "the rows are not of all classes";
  else metrics.roc_auc = auc;
  if (Object.keys(absent).length > 0) metrics.absent = absent;
  return metrics;
}

/**
 * Scores over all classes: `macro` is their mean, `weighted` weighs by support. A score that one class with
 * support lacks counts 0 there, as scikit-learn's `zero_division=0`.
 */
export function averageScores(perClass: readonly ClassScores[], average: Average): ClassScores {
  const seen = perClass.filter(({ support, predicted }) => support + predicted > 0);
  const support = seen.reduce((sum, scores) => sum + scores.support, 0);
  const weight = (scores: ClassScores) => (average === "macro" ? 1 / seen.length : scores.support / support);
  const mean = (key: "precision" | "recall" | "f1") =>
    seen.reduce((sum, scores) => sum + weight(scores) * (scores[key] ?? 0), 0);
  const predicted = seen.reduce((sum, scores) => sum + scores.predicted, 0);
  if (support === 0) return { support, predicted };
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), support, predicted };
}

function logLoss({ classes, labels, probabilities }: Scored): number {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i * classes.length + labels[i]!]!;
    loss -= Math.log(Math.min(Math.max(p, EPSILON), 1 - EPSILON));
  }
  return loss / labels.length;
}

/** Two classes: of the positive one; more: one against the rest, averaged. */
function areaUnderRoc({ classes, labels, probabilities }: Scored, average: Average): number | undefined {
  const ofClass = (index: number) => {
    const scores = Float64Array.from(
      { length: labels.length },
      (_, i) => probabilities[i * classes.length + index]!,
    );
    const isPositive = Uint8Array.from({ length: labels.length }, (_, i) => (labels[i] === index ? 1 : 0));
    return { auc: rocAuc(scores, isPositive), support: isPositive.reduce((sum, flag) => sum + flag, 0) };
  };
  if (classes.length === 2) return ofClass(1).auc;
  let sum = 0;
  for (let index = 0; index < classes.length; index++) {
    const { auc, support } = ofClass(index);
    // A class without rows weighs nothing; its mean with others is not defined.
    if (support === 0 && average === "weighted") continue;
    if (auc === undefined) return undefined;
    sum += auc * (average === "macro" ? 1 / classes.length : support / labels.length);
  }
  return sum;
}
