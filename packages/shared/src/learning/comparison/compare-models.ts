import type { DecidingMetric } from "../../metrics/metric-table";
import { classificationMetrics } from "../model/metrics";
import { predictedClasses } from "../model/predicted-class";
import { delongTest } from "./delong";
import { type McNemarResult, mcnemarTest } from "./mcnemar";
import { randomisationTest } from "./randomisation-test";

/** Two models' probabilities of the same labelled rows. */
export interface ComparedRows {
  classes: readonly string[];
  /** Class index of each row. */
  labels: ArrayLike<number>;
  /** nRows x nClasses. */
  challenger: Float64Array;
  /** nRows x nClasses. */
  champion: Float64Array;
}

/** What two models differ by on the same rows. */
export interface ModelComparison {
  rows: number;
  metric: DecidingMetric;
  /** The metric of each; absent if it cannot be computed on these rows. */
  challenger?: number;
  champion?: number;
  /** Of the accuracy, whatever the metric. */
  mcnemar: McNemarResult;
  /** One-sided test of the metric: small p if the challenger is better. Absent if the metric is. */
  test?: { p: number; method: "mcnemar" | "randomisation" | "delong" };
}

/**
 * Compares two models on the same rows by one metric, with the paired one-sided test that belongs to it: McNemar's
 * (mid-p) for accuracy, DeLong's for ROC AUC, the paired randomisation test for the others. Pure.
 *
 * @param seed of the randomisation test
 */
export function compareModels(rows: ComparedRows, metric: DecidingMetric, seed: number): ModelComparison {
  const { classes, labels, challenger, champion } = rows;
  const scored = (probabilities: Float64Array) => ({ classes, labels, probabilities });
  const ours = predictedClasses(challenger, classes.length);
  const theirs = predictedClasses(champion, classes.length);
  let challengerOnly = 0;
  let championOnly = 0;
  for (let i = 0; i < labels.length; i++) {
    if (ours[i] === labels[i] && theirs[i] !== labels[i]) challengerOnly++;
    if (theirs[i] === labels[i] && ours[i] !== labels[i]) championOnly++;
  }
  const mcnemar = mcnemarTest(challengerOnly, championOnly);
  const values = {
    challenger: classificationMetrics(scored(challenger))[metric],
    champion: classificationMetrics(scored(champion))[metric],
  };
  const test = (): ModelComparison["test"] => {
    if (values.challenger === undefined || values.champion === undefined) return undefined;
    if (metric === "accuracy_score") return { p: mcnemar.p, method: "mcnemar" };
    if (metric !== "roc_auc") {
      const { p } = randomisationTest(labels, ours, theirs, classes.length, metric, seed);
      return { p, method: "randomisation" };
    }
    const delong = delongTest({ labels, nClasses: classes.length, challenger, champion });
    return delong && { p: delong.p, method: "delong" };
  };
  const tested = test();
  return {
    rows: labels.length,
    metric,
    ...(values.challenger === undefined ? {} : { challenger: values.challenger }),
    ...(values.champion === undefined ? {} : { champion: values.champion }),
    mcnemar,
    ...(tested ? { test: tested } : {}),
  };
}
