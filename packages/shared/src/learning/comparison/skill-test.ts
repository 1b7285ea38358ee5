import type { DECIDING_METRICS } from "../../settings/champion-settings";
import { hypergeometricTail, normalUpperTail } from "./distributions";
import { type ClassCounts, classCounts, f1OfCounts } from "./f1-of-counts";
import { mcnemarTest } from "./mcnemar";
import { midranks } from "./midranks";

export type DecidingMetric = (typeof DECIDING_METRICS)[number];

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
 * permuted labels are hypergeometric (Fisher's exact test, one-sided), for more F1 is a weighted sum of the hits, whose
 * mean and variance are known; for ROC AUC it is the Mann-Whitney test with its variance under ties.
 *
 * @param majorityClass the most frequent class of the training rows
 */
export function skillTest(rows: PredictedRows, metric: DecidingMetric, majorityClass: number): SkillTest {
  if (metric === "accuracy_score") return { p: againstMajority(rows, majorityClass), method: "mcnemar" };
  if (metric === "roc_auc") return { p: mannWhitney(rows), method: "mann-whitney" };
  const counts = classCounts(rows.labels, rows.predicted, rows.nClasses);
  if (rows.nClasses > 2)
    return { p: permutedHits(counts, rows.labels.length, metric), method: "permutation" };
  const { support, predicted, hits } = counts;
  const { above, at } = hypergeometricTail(hits[1]!, rows.labels.length, support[1]!, predicted[1]!);
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
 * F1 is a sum of c_k hits_k. With labels permuted, hits have the mean s_k p_k / n and the covariance
 * s_k p_k (n d_kl - s_l)(n d_kl - p_l) / (n^2 (n - 1)), s being the rows and p the predictions of a class.
 */
function permutedHits(
  { support, predicted, hits }: ClassCounts,
  n: number,
  metric: "f1_score" | "macro_f1",
): number {
  const classes = Array.from(support.keys()).filter((k) => support[k]! + predicted[k]! > 0);
  const scale = (k: number) =>
    (metric === "macro_f1" ? 1 : support[k]!) * (2 / (support[k]! + predicted[k]!));
  let [excess, variance] = [0, 0];
  for (const k of classes) {
    const rows = support[k]! * predicted[k]!;
    excess += scale(k) * (hits[k]! - rows / n);
    for (const l of classes) {
      const covariance =
        k === l ? rows * (n - support[k]!) * (n - predicted[k]!) : rows * support[l]! * predicted[l]!;
      variance += (scale(k) * scale(l) * covariance) / (n * n * (n - 1));
    }
  }
  return n < 2 || variance <= 0 ? 1 : normalUpperTail(excess / Math.sqrt(variance));
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
 * The deciding metric of always answering the most frequent class, on rows that are `rowsOfClass` of each class:
 * accuracy is its share of them; F1 its own if it is the positive of two classes, 0 if it is the negative, of more
 * classes the mean weighted by support; ROC AUC is 0.5.
 */
export function majorityScore(
  rowsOfClass: readonly number[],
  majorityClass: number,
  metric: DecidingMetric,
): number {
  const all = rowsOfClass.reduce((sum, rows) => sum + rows, 0);
  const ofMajority = rowsOfClass[majorityClass]!;
  if (metric === "roc_auc") return 0.5;
  if (metric === "accuracy_score") return all === 0 ? 0 : ofMajority / all;
  const support = Float64Array.from(rowsOfClass);
  const predicted = new Float64Array(support.length);
  const hits = new Float64Array(support.length);
  predicted[majorityClass] = all;
  hits[majorityClass] = ofMajority;
  return f1OfCounts({ support, predicted, hits }, metric) ?? 0;
}
