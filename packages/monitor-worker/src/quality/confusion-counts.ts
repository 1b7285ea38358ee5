import type { QualityMetric } from "@colaml/shared/contracts/monitor";

/** A share of rows: how many speak for it, and how many of those succeed. Both may be fractional. */
export interface Share {
  successes: number;
  n: number;
}

/** Rows of each class: those that are of it, those predicted to be, and those that are both. */
export interface ClassCounts {
  actual: ArrayLike<number>;
  /** Foreign rows among them. */
  predicted: ArrayLike<number>;
  correct: ArrayLike<number>;
  /** Rows whose label is not a class of the model: what is predicted for them is wrong. */
  foreign?: number;
}

/**
 * Counts by actual (rows) and predicted (columns) class; counts may be fractional if the actual class is only
 * known by its probability. One more actual class, `foreign`, stands for labels that are not a class of the model: what
 * is predicted for them is wrong.
 */
export class ConfusionCounts {
  readonly nClasses: number;
  readonly #counts: Float64Array;

  constructor(nClasses: number) {
    this.nClasses = nClasses;
    this.#counts = new Float64Array((nClasses + 1) * nClasses);
  }

  /** The actual class of a label that is not a class of the model. */
  get foreign(): number {
    return this.nClasses;
  }

  add(actual: number, predicted: number, rows = 1): void {
    this.#counts[actual * this.nClasses + predicted]! += rows;
  }

  at(actual: number, predicted: number): number {
    return this.#counts[actual * this.nClasses + predicted]!;
  }

  get total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Each metric as a share of rows, see `metricShares`. */
  shares(): Partial<Record<QualityMetric, Share>> {
    const rows = Array.from({ length: this.nClasses + 1 }, (_, a) =>
      Array.from({ length: this.nClasses }, (_, p) => this.at(a, p)),
    );
    return metricShares(classCountsOf(rows));
  }
}

/** @param confusion rows by actual class, the foreign ones last if there are any, then by predicted class */
export function classCountsOf(confusion: readonly (readonly number[])[]): ClassCounts {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofClasses = confusion.slice(0, confusion[0]?.length);
  return {
    actual: ofClasses.map(sum),
    predicted: ofClasses.map((_, k) => sum(confusion.map((row) => row[k]!))),
    correct: ofClasses.map((row, k) => row[k]!),
    foreign: sum(confusion.slice(ofClasses.length).map(sum)),
  };
}

/**
 * Each metric as a share of rows. Binary: of class 1, as scikit-learn's defaults; F1 is not a share itself but
 * 2J / (1 + J) of one, the Jaccard index J = TP / (TP + FP + FN), whose rows are given. Multiclass: weighted by
 * the classes' rows, of all rows, as its `average="weighted"` over every label there is; foreign rows are among them,
 * for class 1 as scikit-learn's `labels=[class 1], average="micro"`. Nothing if there are no rows.
 */
export function metricShares(counts: ClassCounts): Partial<Record<QualityMetric, Share>> {
  const { actual, predicted, correct, foreign = 0 } = counts;
  let [n, hits] = [foreign, 0];
  for (let k = 0; k < actual.length; k++) {
    n += actual[k]!;
    hits += correct[k]!;
  }
  if (n === 0) return {};
  const accuracy_score = { successes: hits, n };
  if (actual.length !== 2) return { accuracy_score, ...weightedShares(counts, n) };
  const tp = correct[1]!;
  return {
    accuracy_score,
    precision_score: { successes: tp, n: predicted[1]! },
    recall_score: { successes: tp, n: actual[1]! },
    f1_score: { successes: tp, n: predicted[1]! + actual[1]! - tp },
  };
}

function weightedShares(
  { actual, predicted, correct }: ClassCounts,
  n: number,
): Partial<Record<QualityMetric, Share>> {
  const sums = { precision_score: 0, recall_score: 0, f1_score: 0 };
  for (let k = 0; k < actual.length; k++) {
    const [of, said, hits] = [actual[k]!, predicted[k]!, correct[k]!];
    sums.precision_score += said > 0 ? (of * hits) / said : 0;
    sums.recall_score += hits;
    sums.f1_score += of + said > 0 ? (of * 2 * hits) / (of + said) : 0;
  }
  return {
    precision_score: { successes: sums.precision_score, n },
    recall_score: { successes: sums.recall_score, n },
    f1_score: { successes: sums.f1_score, n },
  };
}

/** The metric's value from its share: only the binary F1 is another function of it. */
export function valueOfShare(metric: QualityMetric, share: number, nClasses: number): number {
  return metric === "f1_score" && nClasses === 2 ? (2 * share) / (1 + share) : share;
}
