import type { DecisionMetrics } from "@colaml/shared/contracts/decision-summary";
import { valueOfCounts } from "@colaml/shared/metrics/metric";
import { METRICS } from "@colaml/shared/metrics/metric-table";

const OF_COUNTS = {
  precision: METRICS.precision_score,
  recall: METRICS.recall_score,
  f1: METRICS.f1_score,
  macro_f1: METRICS.macro_f1,
};

/** Precision, recall and F1 of a class by the decisions. */
export interface DecidedClass {
  label: string;
  /** Rows of the class, those abstained on among them. */
  support: number;
  decided: number;
  /** Rows that are both. */
  hits: number;
  precision?: number;
  recall?: number;
  f1?: number;
}

/**
 * Each class by what was decided. A row abstained on counts against the recall of its class, and against no precision.
 *
 * @param decisions class index of each row, `classes.length` if the model abstained
 */
export function decidedClasses(
  classOf: ArrayLike<number>,
  decisions: ArrayLike<number>,
  classes: readonly string[],
): DecidedClass[] {
  return classes.map((label, k) => {
    let [support, decided, hits] = [0, 0, 0];
    for (let row = 0; row < classOf.length; row++) {
      if (classOf[row] === k) support++;
      if (decisions[row] !== k) continue;
      decided++;
      if (classOf[row] === k) hits++;
    }
    return {
      label,
      support,
      decided,
      hits,
      ...(decided > 0 && { precision: hits / decided }),
      ...(support > 0 && { recall: hits / support }),
      ...(support + decided > 0 && { f1: (2 * hits) / (support + decided) }),
    };
  });
}

/**
 * What decisions are worth on some rows. Precision, recall and F1: binary of class 1, else their mean over the classes
 * weighted by support, as the metrics of labels are.
 *
 * @param costs of a row of the first class decided as the second; absent without a cost matrix
 */
export function decisionMetrics(
  classOf: ArrayLike<number>,
  decisions: ArrayLike<number>,
  classes: readonly string[],
  costs?: readonly (readonly number[])[],
): DecisionMetrics {
  const rows = classOf.length;
  let [decided, right, cost] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const decision = decisions[row]!;
    if (decision === classes.length) continue;
    decided++;
    if (decision === classOf[row]) right++;
    if (costs) cost += costs[classOf[row]!]![decision]!;
  }
  const each = decidedClasses(classOf, decisions, classes);
  // a row abstained on is predicted to be of no class
  const counts = {
    actual: each.map(({ support }) => support),
    predicted: each.map((of) => of.decided),
    correct: each.map(({ hits }) => hits),
  };
  const values = Object.entries(OF_COUNTS).flatMap(([name, metric]) => {
    const value = valueOfCounts(metric, counts);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    rows,
    decided,
    ...(rows > 0 && { coverage: decided / rows }),
    ...(decided > 0 && { accuracy: right / decided }),
    ...Object.fromEntries(values),
    ...(costs && decided > 0 && { mean_cost: cost / decided }),
  };
}
