import { type ClassCounts, classCounts } from "../../metrics/class-counts";
import { type CountMetric, valueOfCounts } from "../../metrics/metric";
import { type DecidingMetric, METRICS } from "../../metrics/metric-table";
import { hypergeometricTail, normalUpperTail } from "./distributions";
import { mcnemarTest } from "./mcnemar";
import { midranks } from "./midranks";

/** Rows with their class, a model's prediction, and its probabilities (nRows x nClasses). */
export interface PredictedRows {
  labels: ArrayLike<number>;
  predicted: ArrayLike<number>;
  probabilities: Float64Array;
  nClasses: number;
}

export interface SkillTest {
  /** One-sided p: small when the model knows more than chance explains. */
  p: number;
  /**
   * `mcnemar`: against always answering the most frequent class; `hypergeometric`, `permutation`, `mann-whitney`:
   * against predictions that have nothing to do with the labels.
   */
  method: "mcnemar" | "hypergeometric" | "permutation" | "mann-whitney";
}

/**
 * Does a model know anything? Accuracy is compared with that of the most frequent class, row by row (McNemar,
 * mid-p). The other metrics have no such opponent (of F1 the most frequent class has 0, which guesses beat), so
 * the question is whether the predictions and the labels are independent (Ojala, Garriga, "Permutation tests for
 * studying classifier performance", JMLR 11, 2010, test 1). No sampling is needed: for two classes the hits under
 * permuted labels are hypergeometric (Fisher's exact test, one-sided), for more a metric
 * of counts is a weighted sum of the hits, whose mean and variance are known; for ROC AUC it is the Mann-Whitney test with its variance under ties.
 *
 * @param majorityClass the most frequent class of the training rows
 */
export function skillTest(rows: PredictedRows, metric: DecidingMetric, majorityClass: number): SkillTest {
  if (metric === "accuracy_score") return { p: againstMajority(rows, majorityClass), method: "mcnemar" };
  if (metric === "roc_auc") return { p: mannWhitney(rows), method: "mann-whitney" };
  const counts = classCounts(rows.labels, rows.predicted, rows.nClasses);
  if (rows.nClasses > 2)
    return { p: permutedHits(counts, rows.labels.length, METRICS[metric]), method: "permutation" };
  const { actual, predicted, correct } = counts;
  const { above, at } = hypergeometricTail(correct[1]!, rows.labels.length, actual[1]!, predicted[1]!);
  return { p: Math.min(1, above + at), method: "hypergeometric" };
}

function againstMajority({ labels, predicted }: PredictedRows, majorityClass: number): number {
  let modelOnly = 0;
  let majorityOnly = 0;
  for (let i = 0; i < labels.length; i++) {
    if (predicted[i] === majorityClass) continue;
    if (labels[i] === predicted[i]) modelOnly++;
    else if (labels[i] === majorityClass) majorityOnly++;
  }
  return mcnemarTest(modelOnly, majorityOnly).p;
}

/**
 * A metric of counts is linear in the hits: c_0 + the sum of c_k hits_k. With labels permuted, hits have the mean
 * s_k p_k / n and the covariance s_k p_k (n d_kl - s_l)(n d_kl - p_l) / (n^2 (n - 1)), s being the rows and p the
 * predictions of a class.
 */
function permutedHits(counts: ClassCounts, n: number, metric: CountMetric): number {
  const { actual, predicted, correct } = counts;
  const classes = Array.from({ length: actual.length }, (_, k) => k);
  const scales = scalesOfHits(counts, metric);
  let [excess, variance] = [0, 0];
  for (const k of classes) {
    const rows = actual[k]! * predicted[k]!;
    excess += scales[k]! * (correct[k]! - rows / n);
    for (const l of classes) {
      const covariance =
        k === l ? rows * (n - actual[k]!) * (n - predicted[k]!) : rows * actual[l]! * predicted[l]!;
      variance += (scales[k]! * scales[l]! * covariance) / (n * n * (n - 1));
    }
  }
  return n < 2 || variance <= 0 ? 1 : normalUpperTail(excess / Math.sqrt(variance));
}

/** What one hit more in each class adds to a metric. */
function scalesOfHits({ actual, predicted }: ClassCounts, metric: CountMetric): number[] {
  const withHits = (at: number) => {
    const correct = new Float64Array(actual.length);
    if (at >= 0) correct[at] = 1;
    return valueOfCounts(metric, { actual, predicted, correct }) ?? 0;
  };
  const without = withHits(-1);
  return Array.from({ length: actual.length }, (_, k) => withHits(k) - without);
}

/**
 * Mann-Whitney U as a normal value, with the variance under ties (scipy: `method="asymptotic"`, no continuity
 * correction). Of several curves the deviations add up as if they rose together, which errs on the careful side.
 */
function mannWhitney({ labels, probabilities, nClasses }: PredictedRows): number {
  const n = labels.length;
  const curves = nClasses === 2 ? [1] : Array.from({ length: nClasses }, (_, k) => k);
  let [excess, deviation] = [0, 0];
  for (const k of curves) {
    const ranks = midranks(Float64Array.from({ length: n }, (_, i) => probabilities[i * nClasses + k]!));
    let [positives, rankSum, squares] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      squares += (ranks[i]! - (n + 1) / 2) ** 2;
      if (labels[i] !== k) continue;
      positives++;
      rankSum += ranks[i]!;
    }
    if (positives === 0 || positives === n) continue;
    const weight = nClasses === 2 ? 1 : positives / n;
    const pairs = positives * (n - positives);
    excess += weight * ((rankSum - (positives * (positives + 1)) / 2) / pairs - 0.5);
    // Variance of a rank sum drawn without replacement: pairs / n x the ranks' own sample variance.
    deviation += weight * Math.sqrt(squares / (n * (n - 1) * pairs));
  }
  return deviation === 0 ? 1 : normalUpperTail(excess / deviation);
}

/**
 * The deciding metric of always answering the most frequent class, on rows that are `rowsOfClass` of each class;
 * 0 if it cannot be computed. ROC AUC is 0.5.
 */
export function majorityScore(
  rowsOfClass: readonly number[],
  majorityClass: number,
  metric: DecidingMetric,
): number {
  if (metric === "roc_auc") return 0.5;
  const predicted = new Float64Array(rowsOfClass.length);
  const correct = new Float64Array(rowsOfClass.length);
  predicted[majorityClass] = rowsOfClass.reduce((sum, rows) => sum + rows, 0);
  correct[majorityClass] = rowsOfClass[majorityClass]!;
  return valueOfCounts(METRICS[metric], { actual: rowsOfClass, predicted, correct }) ?? 0;
}
