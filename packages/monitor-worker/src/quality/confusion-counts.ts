import { type ClassCounts, classCountsOf, rowsOf } from "@colaml/shared/metrics/class-counts";
import { type CountMetric, type Share, valueOfShare } from "@colaml/shared/metrics/metric";
import {
  COUNT_METRICS,
  type CountMetricName,
  METRICS,
  type QualityMetric,
} from "@colaml/shared/metrics/metric-table";

/** Metrics of counts that quality is judged by. */
export type CountedQuality = CountMetricName & QualityMetric;
const COUNTED = COUNT_METRICS.filter((name): name is CountedQuality => METRICS[name].monitored);

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
  shares(): Partial<Record<CountedQuality, Share>> {
    const rows = Array.from({ length: this.nClasses + 1 }, (_, a) =>
      Array.from({ length: this.nClasses }, (_, p) => this.at(a, p)),
    );
    return metricShares(classCountsOf(rows));
  }
}

/** Each metric as a share of rows; nothing if there are no rows. */
export function metricShares(counts: ClassCounts): Partial<Record<CountedQuality, Share>> {
  if (rowsOf(counts) === 0) return {};
  return Object.fromEntries(COUNTED.map((name) => [name, METRICS[name].share(counts)]));
}

/** The metric's value from its share, or from a bound of the share's interval. */
export function valueOfMetric(name: CountedQuality, share: number, nClasses: number): number {
  const metric: CountMetric = METRICS[name];
  return valueOfShare(metric, { successes: share, n: 1 }, nClasses);
}
