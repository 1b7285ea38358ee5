import { classCounts } from "../../metrics/class-counts";
import { type CountMetric, valueOfCounts } from "../../metrics/metric";
import {
  type ClassificationMetrics,
  COUNT_METRICS,
  METRIC_NAMES,
  METRICS,
  type ProbabilityMetricName,
} from "../../metrics/metric-table";
import { averagePrecision } from "./average-precision";
import { predictedClasses } from "./predicted-class";
import { rocAuc } from "./roc-auc";

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

/**
 * Every metric of the table, equal to scikit-learn's; the files of `metrics/` say which. What cannot be computed is
 * left out and named in `absent`.
 */
export function classificationMetrics(scored: Scored): ClassificationMetrics {
  const { classes, labels, probabilities } = scored;
  if (labels.length === 0)
    return { absent: Object.fromEntries(METRIC_NAMES.map((name) => [name, "there is no row"])) };
  const metrics: ClassificationMetrics = {};
  const absent: Record<string, string> = {};
  const counts = classCounts(labels, predictedClasses(probabilities, classes.length), classes.length);
  for (const name of COUNT_METRICS) {
    const value = valueOfCounts(METRICS[name], counts);
    if (value === undefined) absent[name] = reasonOf(METRICS[name], classes);
    else metrics[name] = value;
  }
  for (const [name, { value, absent: reason }] of Object.entries(OF_PROBABILITIES)) {
    const found = value(scored);
    if (found === undefined) absent[name] = reason;
    else metrics[name as ProbabilityMetricName] = found;
  }
  return Object.keys(absent).length > 0 ? { ...metrics, absent } : metrics;
}

function reasonOf({ lacks }: CountMetric, classes: readonly string[]): string {
  const subject = classes.length === 2 ? `class ${classes[1]}` : "a class";
  if (lacks === "predictions") return `no row was predicted to be of ${subject}`;
  if (lacks === "rows") return `no row is of ${subject}`;
  return `no row is, or was predicted to be, of ${subject}`;
}

function logLoss({ classes, labels, probabilities }: Scored): number {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) {
    const p = probabilities[i * classes.length + labels[i]!]!;
    loss -= Math.log(Math.min(Math.max(p, EPSILON), 1 - EPSILON));
  }
  return loss / labels.length;
}

/** Two classes: of the positive one; more: one against the rest, the mean weighted by the classes' rows. */
const oneAgainstRest =
  (measure: (scores: Float64Array, isPositive: Uint8Array) => number | undefined) =>
  ({ classes, labels, probabilities }: Scored): number | undefined => {
    const ofClass = (index: number) => {
      const isPositive = Uint8Array.from({ length: labels.length }, (_, i) => (labels[i] === index ? 1 : 0));
      const scores = Float64Array.from(isPositive, (_, i) => probabilities[i * classes.length + index]!);
      return { value: measure(scores, isPositive), support: isPositive.reduce((sum, flag) => sum + flag, 0) };
    };
    if (classes.length === 2) return ofClass(1).value;
    let sum = 0;
    for (let index = 0; index < classes.length; index++) {
      const { value, support } = ofClass(index);
      // A class without rows weighs nothing.
      if (support === 0) continue;
      if (value === undefined) return undefined;
      sum += value * (support / labels.length);
    }
    return sum;
  };

/** The metrics that need probabilities, and why one cannot be computed. */
const OF_PROBABILITIES: Record<
  ProbabilityMetricName,
  { value: (scored: Scored) => number | undefined; absent: string }
> = {
  roc_auc: { value: oneAgainstRest(rocAuc), absent: "the rows are not of all classes" },
  log_loss: { value: logLoss, absent: "there is no row" },
  average_precision: {
    value: oneAgainstRest(averagePrecision),
    absent: "no row is of the positive class",
  },
};
