import type { QualityMetric } from "@colaml/shared/jobs/monitor";

/** A share of rows: how many speak for it, and how many of those succeed. Both may be fractional. */
export interface Share {
  successes: number;
  n: number;
}

/**
 * Counts by actual (rows) and predicted (columns) class; counts may be fractional where the actual class is only
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

  /**
   * Each metric as a share of rows, foreign ones among them. Binary: of class 1, as scikit-learn's defaults, and with
   * foreign labels as its `labels=[class 1], average="micro"`; F1 is not a share itself but
   * 2J / (1 + J) of one, the Jaccard index J = TP / (TP + FP + FN), whose rows are given. Multiclass: weighted by
   * the classes' rows, of all rows, as its `average="weighted"` over every label there is.
   */
  shares(): Partial<Record<QualityMetric, Share>> {
    const n = this.total;
    if (n === 0) return {};
    let correct = 0;
    for (let k = 0; k < this.nClasses; k++) correct += this.at(k, k);
    const accuracy_score = { successes: correct, n };
    if (this.nClasses !== 2) return { accuracy_score, ...this.#weightedShares(n) };
    const [fn, tp] = [this.at(1, 0), this.at(1, 1)];
    const fp = this.at(0, 1) + this.at(this.foreign, 1);
    return {
      accuracy_score,
      precision_score: { successes: tp, n: tp + fp },
      recall_score: { successes: tp, n: tp + fn },
      f1_score: { successes: tp, n: tp + fp + fn },
    };
  }

  #weightedShares(n: number): Partial<Record<QualityMetric, Share>> {
    const sums = { precision_score: 0, recall_score: 0, f1_score: 0 };
    for (let k = 0; k < this.nClasses; k++) {
      let actual = 0;
      let predicted = this.at(this.foreign, k);
      for (let other = 0; other < this.nClasses; other++) {
        actual += this.at(k, other);
        predicted += this.at(other, k);
      }
      const hits = this.at(k, k);
      sums.precision_score += predicted > 0 ? (actual * hits) / predicted : 0;
      sums.recall_score += hits;
      sums.f1_score += actual + predicted > 0 ? (actual * 2 * hits) / (actual + predicted) : 0;
    }
    return {
      precision_score: { successes: sums.precision_score, n },
      recall_score: { successes: sums.recall_score, n },
      f1_score: { successes: sums.f1_score, n },
    };
  }
}

/** The metric's value from its share: only the binary F1 is another function of it. */
export function valueOfShare(metric: QualityMetric, share: number, nClasses: number): number {
  return metric === "f1_score" && nClasses === 2 ? (2 * share) / (1 + share) : share;
}
